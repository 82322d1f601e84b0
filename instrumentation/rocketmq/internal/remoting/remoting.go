// Package remoting speaks as much of RocketMQ's wire protocol as a few questions to
// name servers and brokers need: one request, one answer, one connection. The
// client library keeps its own protocol code internal.
package remoting

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // RocketMQ's ACL prescribes HMAC-SHA1
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"time"
)

// Code is the code of a request or of an answer.
type Code int

// Requests and answers used here (RequestCode and ResponseCode of RocketMQ, the
// same in 4.9.7 and 5.3.3).
const (
	PullMessage       Code = 11
	UpdateOffset      Code = 15
	CreateTopic       Code = 17
	OffsetByTime      Code = 29
	MaxOffset         Code = 30
	CheckClientConfig Code = 46
	RouteOfTopic      Code = 105
	ClusterInfo       Code = 106
	GroupsOfTopic     Code = 300

	Success         Code = 0
	SystemError     Code = 1
	TopicNotExist   Code = 17
	PullNotFound    Code = 19
	PullRetry       Code = 20 // nothing matched so far: go on at nextBeginOffset
	PullMoved       Code = 21 // no such offset
	SubscriptionBad Code = 23
)

const (
	requestVersion = 317 // V4_4_0, as the client library sends
	maxFrame       = 16 << 20
	// defaultTimeout is for a broker that is alive and busy: one that is gone refuses
	// the connection.
	defaultTimeout = 20 * time.Second
)

// Client asks servers. The zero Client works where neither ACL nor TLS is used. It
// keeps nothing between calls and may be used by any number of goroutines.
type Client struct {
	Credentials Credentials
	TLS         *tls.Config // nil: plain TCP
}

// Credentials sign requests for brokers with ACL; the zero value signs nothing.
type Credentials struct{ AccessKey, SecretKey, SecurityToken string }

// Message is a request or an answer.
type Message struct {
	Code   Code
	Remark string // of an answer: why not
	Fields map[string]string
	Body   []byte
}

// header is a frame's header in JSON.
type header struct {
	Code      Code              `json:"code"`
	Language  string            `json:"language"`
	Version   int               `json:"version"`
	Opaque    int32             `json:"opaque"`
	Flag      int               `json:"flag"`
	Remark    string            `json:"remark,omitempty"`
	ExtFields map[string]string `json:"extFields,omitempty"`
}

// Call sends a request to host:port and returns the answer, whatever its code. It
// gives up when ctx ends, or after twenty seconds where ctx has no deadline.
func (c *Client) Call(ctx context.Context, address string, request Message) (Message, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
	}
	conn, err := c.dial(ctx, address)
	if err != nil {
		return Message{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	frame, err := encode(c.Credentials.sign(request))
	if err != nil {
		return Message{}, err
	}
	if _, err := conn.Write(frame); err != nil {
		return Message{}, because(ctx, address, err)
	}
	answer, err := decode(conn)
	if err != nil {
		return Message{}, because(ctx, address, err)
	}
	return answer, nil
}

func (c *Client) dial(ctx context.Context, address string) (net.Conn, error) {
	if c.TLS != nil {
		d := tls.Dialer{Config: c.TLS}
		return d.DialContext(ctx, "tcp", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

// because prefers the reason of the context to "use of closed connection".
func because(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("no answer from %s: %w", address, err)
}

// sign adds what the broker's ACL wants: an HMAC over the values of the fields in
// the order of their names, and the body.
func (c Credentials) sign(m Message) Message {
	if c.AccessKey == "" {
		return m
	}
	fields := maps.Clone(m.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	fields["AccessKey"] = c.AccessKey
	if c.SecurityToken != "" {
		fields["SecurityToken"] = c.SecurityToken
	}
	mac := hmac.New(sha1.New, []byte(c.SecretKey))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		mac.Write([]byte(fields[name]))
	}
	mac.Write(m.Body)
	fields["Signature"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	m.Fields = fields
	return m
}

// encode writes a frame: total length, header length (its high byte 0 means JSON),
// header, body.
func encode(m Message) ([]byte, error) {
	head, err := json.Marshal(header{Code: m.Code, Language: "GO", Version: requestVersion, Opaque: 1, ExtFields: m.Fields})
	if err != nil {
		return nil, err
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(4+len(head)+len(m.Body)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(head)))
	frame = append(frame, head...)
	return append(frame, m.Body...), nil
}

// decode reads one frame. Servers answer in the encoding of the request.
func decode(r io.Reader) (Message, error) {
	var lengths [8]byte
	if _, err := io.ReadFull(r, lengths[:]); err != nil {
		return Message{}, err
	}
	total, head := binary.BigEndian.Uint32(lengths[:4]), binary.BigEndian.Uint32(lengths[4:])
	if total < 4 || total > maxFrame || head > total-4 { // also refuses other encodings
		return Message{}, fmt.Errorf("the answer is no frame of RocketMQ (lengths %d and %d)", total, head)
	}
	data := make([]byte, total-4)
	if _, err := io.ReadFull(r, data); err != nil {
		return Message{}, err
	}
	var h header
	if err := json.Unmarshal(data[:head], &h); err != nil {
		return Message{}, fmt.Errorf("the answer's header is not readable: %w", err)
	}
	return Message{Code: h.Code, Remark: h.Remark, Fields: h.ExtFields, Body: data[head:]}, nil
}
