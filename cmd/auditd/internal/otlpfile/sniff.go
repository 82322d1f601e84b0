package otlpfile

import "bytes"

type form uint8

const (
	formEmpty form = iota
	formJSON
	formProto
	formFrames
	formForeign
)

const utf8BOM = "\xef\xbb\xbf"

// sniff tells the form from the first bytes. Protobuf's first byte, the tag of
// field 1, is also a newline, so JSON is recognised by more than its brace. The
// first byte of a frame's length is below 8: no tag of a message is.
func sniff(head []byte) form {
	text := bytes.TrimPrefix(head, []byte(utf8BOM))
	body := bytes.TrimLeft(text, " \t\r\n")
	switch {
	case startsJSON(body):
		return formJSON
	case len(head) == 0:
		return formEmpty
	case head[0] == 0x0a && len(head) > 1 && !blank(head):
		return formProto
	case len(body) == 0:
		return formEmpty
	case head[0] < 8 && len(head) > 4:
		return formFrames
	case body[0] == '{' || body[0] == '[':
		return formJSON // broken JSON: its reader says where
	default:
		return formForeign
	}
}

func blank(b []byte) bool { return len(bytes.TrimLeft(b, " \t\r\n")) == 0 }

// startsJSON wants what no protobuf message that begins with a brace has: a
// quoted name, or an object, or the closing bracket.
func startsJSON(b []byte) bool {
	if len(b) == 0 || (b[0] != '{' && b[0] != '[') {
		return false
	}
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	if len(rest) == 0 {
		return false
	}
	if b[0] == '[' {
		return rest[0] == '{' || rest[0] == ']'
	}
	if rest[0] == '}' {
		return true
	}
	return rest[0] == '"' && len(rest) > 1 && (rest[1] >= 'A' && rest[1] <= 'Z' || rest[1] >= 'a' && rest[1] <= 'z' || rest[1] == '_')
}

// foreign words what a file is that is neither of the forms.
func foreign(head []byte) (reason, advice string) {
	const none = "neither OTLP JSON nor OTLP protobuf"
	for _, m := range []struct{ magic, what, advice string }{
		{gzipMagic, "gzip data inside of gzip data", "it was packed twice: gzip -dc FILE | auditd check -"},
		{"\x28\xb5\x2f\xfd", "zstd data", "unpack it first: zstd -dc FILE | auditd check -"},
		{"\xfd7zXZ", "xz data", "unpack it first: xz -dc FILE | auditd check -"},
		{"BZh", "bzip2 data", "unpack it first: bzip2 -dc FILE | auditd check -"},
		{"PK\x03\x04", "a zip archive", "unpack it first"},
		{"PAR1", "a Parquet file", adviceTraces},
		{"\xff\xfe", "UTF-16 text", "convert it to UTF-8 first"},
		{"\xfe\xff", "UTF-16 text", "convert it to UTF-8 first"},
		{"<", "XML or HTML", adviceTraces},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return none + ": this is " + m.what, m.advice
		}
	}
	return none, adviceTraces
}
