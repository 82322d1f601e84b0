package brokertest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
)

// Option changes a setting of the broker.
type Option func(*settings)

// settings are lines of broker.conf, and the account of a broker with ACL.
type settings struct {
	conf    map[string]string
	account remoting.Credentials
}

// PropertyFilter switches SQL92 filters on or off; on by default, unlike in
// RocketMQ.
func PropertyFilter(on bool) Option {
	return Conf("enablePropertyFilter", strconv.FormatBool(on))
}

// Transactions sets how old a half message must be before it is checked, and how
// often the broker looks; 2 s and 3 s by default.
func Transactions(timeout, interval time.Duration) Option {
	return func(s *settings) {
		s.conf["transactionTimeOut"] = strconv.FormatInt(timeout.Milliseconds(), 10)
		s.conf["transactionCheckInterval"] = strconv.FormatInt(interval.Milliseconds(), 10)
	}
}

// ACL makes the broker answer one account only; keys need seven characters or more.
func ACL(accessKey, secretKey string) Option {
	return func(s *settings) {
		s.conf["aclEnable"] = "true"
		s.account = remoting.Credentials{AccessKey: accessKey, SecretKey: secretKey}
	}
}

// Conf sets any line of broker.conf.
func Conf(name, value string) Option {
	return func(s *settings) { s.conf[name] = value }
}

// newSettings are the defaults: little memory and disk, quick, and patient.
func newSettings(options []Option) settings {
	s := settings{conf: map[string]string{
		"enablePropertyFilter":        "true",
		"autoCreateTopicEnable":       "false", // a wrong topic must fail
		"autoCreateSubscriptionGroup": "true",
		"traceTopicEnable":            "true",
		"mappedFileSizeCommitLog":     "67108864",
		"mappedFileSizeConsumeQueue":  "600000",
		"maxIndexNum":                 "500000",
		"maxHashSlotNum":              "100000",
		"diskMaxUsedSpaceRatio":       "98",
		"brokerRole":                  "ASYNC_MASTER",
		"flushDiskType":               "ASYNC_FLUSH",
		"transactionTimeOut":          "2000",
		"transactionCheckInterval":    "3000",
		// 5.x collects commits for 3 s; with a shorter transactionTimeOut it then
		// checks and delivers what is settled (measured on 5.3.3). Unknown to 4.x.
		"transactionOpBatchInterval": "200",
		// A message that waited is not refused: the machine may be busy. By default one
		// that waited for 200 ms is. 4.x does not know all of these.
		"waitTimeMillsInSendQueue":        "60000",
		"waitTimeMillsInPullQueue":        "60000",
		"waitTimeMillsInTransactionQueue": "60000",
		"waitTimeMillsInHeartbeatQueue":   "60000",
		"waitTimeMillsInAdminBrokerQueue": "60000",
		"osPageCacheBusyTimeOutMills":     "60000",
	}}
	for _, o := range options {
		o(&s)
	}
	return s
}

// lines renders the settings, in the order of their names.
func (s settings) lines() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.conf)) {
		fmt.Fprintf(&b, "%s=%s\n", name, s.conf[name])
	}
	return b.String()
}
