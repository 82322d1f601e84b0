package remoting

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m.Run)) }

// peer answers each connection once, with what answer gives for the frame read.
func peer(t *testing.T, answer func(frame []byte) []byte) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var length [4]byte
			if _, err := io.ReadFull(conn, length[:]); err == nil {
				frame := make([]byte, binary.BigEndian.Uint32(length[:]))
				_, _ = io.ReadFull(conn, frame)
				_, _ = conn.Write(answer(frame))
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestCall(t *testing.T) {
	var got header
	var body []byte
	address := peer(t, func(frame []byte) []byte {
		n := binary.BigEndian.Uint32(frame)
		_ = json.Unmarshal(frame[4:4+n], &got)
		body = frame[4+n:]
		out, _ := encode(Message{Code: 7, Fields: map[string]string{"k": "v"}, Body: []byte("there")})
		return out
	})
	var c Client
	answer, err := c.Call(t.Context(), address, Message{Code: ClusterInfo, Fields: map[string]string{"a": "b"}, Body: []byte("here")})
	require.NoError(t, err)
	require.Equal(t, Message{Code: 7, Fields: map[string]string{"k": "v"}, Body: []byte("there")}, answer)
	require.Equal(t, header{Code: ClusterInfo, Language: "GO", Version: requestVersion, Opaque: 1, ExtFields: map[string]string{"a": "b"}}, got)
	require.Equal(t, "here", string(body))
}

func TestStrangeAnswers(t *testing.T) {
	for name, bad := range map[string][]byte{
		"nothing":    {},
		"short":      {0, 0, 0},
		"huge":       {0xff, 0, 0, 0, 0, 0, 0, 0},
		"binary":     {0, 0, 0, 8, 1, 0, 0, 2, 'a', 'b', 'c', 'd'}, // another encoding
		"no header":  {0, 0, 0, 8, 0, 0, 0, 4, 'a', 'b', 'c', 'd'},
		"cut":        {0, 0, 0, 9, 0, 0, 0, 2, '{', '}'},
		"http":       []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"too little": {0, 0, 0, 1, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var c Client
			_, err := c.Call(t.Context(), peer(t, func([]byte) []byte { return bad }), Message{})
			require.ErrorContains(t, err, "no answer from 127.0.0.1:")
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts by the kernel, never answers
	require.NoError(t, err)
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = (&Client{}).Call(ctx, l.Addr().String(), Message{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestSignature holds the ACL's signature against one worked out by hand with
// "printf 'KEYvaluebody' | openssl dgst -sha1 -hmac SECRET -binary | base64".
func TestSignature(t *testing.T) {
	signed := Credentials{AccessKey: "KEY", SecretKey: "SECRET"}.sign(Message{Fields: map[string]string{"a": "value"}, Body: []byte("body")})
	require.Equal(t, "KEY", signed.Fields["AccessKey"])
	require.Equal(t, "k9PlzUZlW8tsNQbHAaLkCtQUxDo=", signed.Fields["Signature"])
	token := Credentials{AccessKey: "KEY", SecretKey: "SECRET", SecurityToken: "T"}.sign(Message{})
	require.Equal(t, "T", token.Fields["SecurityToken"])
	plain := Message{Fields: map[string]string{"a": "b"}}
	require.Equal(t, plain, Credentials{}.sign(plain))
}

func TestRoute(t *testing.T) {
	var body string
	code := Success
	address := peer(t, func([]byte) []byte {
		out, _ := encode(Message{Code: code, Body: []byte(body)})
		return out
	})
	var c Client
	body = `{"brokerDatas":[{"brokerAddrs":{1:"h:2",0:"h:1"},"brokerName":"b,{7:"},{"brokerAddrs":{"2":"h:9"},"brokerName":"a"},{"brokerName":"none"}],"queueDatas":[{"brokerName":"a","readQueueNums":4}]}`
	got, err := c.Brokers(t.Context(), address, "T")
	require.NoError(t, err)
	require.Equal(t, []Broker{{"a", "h:9", 4}, {"b,{7:", "h:1", 0}}, got)
	body = `{"brokerDatas":[]}`
	_, err = c.Brokers(t.Context(), address, "T")
	require.ErrorIs(t, err, ErrNoTopic)
	body = `{`
	_, err = c.Brokers(t.Context(), address, "T")
	require.ErrorContains(t, err, "not readable")
	code = TopicNotExist
	_, err = c.Brokers(t.Context(), address, "T")
	require.ErrorIs(t, err, ErrNoTopic)
	code = SystemError
	_, err = c.Brokers(t.Context(), address, "T")
	require.ErrorContains(t, err, "code 1")
}

func FuzzQuoteKeys(f *testing.F) {
	for _, s := range []string{`{0:"a",-1:"b"}`, `{"x{1:":",2:"}`, `{"a\"":1,2:3}`, `[1,2]`, `"`, `{1`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out := quoteKeys(body)
		if json.Valid(body) {
			require.True(t, bytes.Equal(body, out), "%q became %q", body, out)
		}
	})
}
