package brokertest

import (
	"fmt"
	"os"
	"path/filepath"
)

// files are the configuration of one name server and broker.
type files struct {
	nameServerConf, brokerConf string // paths
	content                    map[string]string
}

// configuration lays out a folder, which is the servers' home as well.
func configuration(folder string, nameServerPort, port int, s settings) files {
	conf := filepath.Join(folder, "conf")
	store := filepath.Join(folder, "store")
	f := files{
		nameServerConf: filepath.Join(conf, "namesrv.conf"),
		brokerConf:     filepath.Join(conf, "broker.conf"),
	}
	f.content = map[string]string{
		f.nameServerConf: fmt.Sprintf("listenPort=%d\nkvConfigPath=%s\nconfigStorePath=%s\n",
			nameServerPort, filepath.Join(store, "kvConfig.json"), filepath.Join(store, "namesrv.properties")),
		f.brokerConf: fmt.Sprintf("brokerClusterName=%s\nbrokerName=%s\nbrokerId=0\nbrokerIP1=127.0.0.1\nbrokerIP2=127.0.0.1\n"+
			"listenPort=%d\nhaListenPort=%d\nnamesrvAddr=127.0.0.1:%d\nstorePathRootDir=%s\nstorePathCommitLog=%s\n%s",
			cluster, brokerName, port, port+1, nameServerPort, store, filepath.Join(store, "commitlog"), s.lines()),
	}
	if s.account.AccessKey != "" {
		f.content[filepath.Join(conf, "plain_acl.yml")] = fmt.Sprintf("accounts:\n- accessKey: %s\n  secretKey: %s\n  admin: true\n",
			s.account.AccessKey, s.account.SecretKey)
	}
	// 4.x reads the first two names and does not start without, 5.x the others.
	for server, names := range map[string][]string{
		"namesrv": {"logback_namesrv.xml", "rmq.namesrv.logback.xml"},
		"broker":  {"logback_broker.xml", "rmq.broker.logback.xml"},
	} {
		for _, name := range names {
			f.content[filepath.Join(conf, name)] = logback(filepath.Join(folder, "logs", server+".log"))
		}
	}
	return f
}

// logback is a configuration that writes to one file.
func logback(file string) string {
	return `<configuration>
  <appender name="file" class="ch.qos.logback.core.FileAppender">
    <file>` + file + `</file>
    <encoder><pattern>%d{HH:mm:ss.SSS} %p %t %c{0} - %m%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="file"/></root>
</configuration>
`
}

func (f files) write() error {
	for name, text := range f.content {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
