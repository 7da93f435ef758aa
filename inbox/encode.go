package inbox

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// object writes one JSON object by appending. Zero values are left out.
type object struct{ b []byte }

func begin(b []byte) object { return object{append(b, '{')} }

func (o *object) end() []byte { return append(o.b, '}') }

func (o *object) name(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) text(name, v string) {
	if v != "" {
		o.name(name)
		o.b = appendText(o.b, v)
	}
}

func (o *object) id(name string, v uuid.UUID) {
	if v != uuid.Nil {
		o.name(name)
		o.b = append(o.b, '"')
		for part := range idParts {
			if part > 0 {
				o.b = append(o.b, '-')
			}
			o.b = hex.AppendEncode(o.b, v[idParts[part][0]:idParts[part][1]])
		}
		o.b = append(o.b, '"')
	}
}

// idParts is where the text of a UUID is parted.
var idParts = [...][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}}

func (o *object) time(name string, v time.Time) {
	if !v.IsZero() {
		o.name(name)
		o.b = append(o.b, '"')
		o.b = v.AppendFormat(o.b, time.RFC3339Nano)
		o.b = append(o.b, '"')
	}
}

func (o *object) truth(name string, v bool) {
	if v {
		o.name(name)
		o.b = append(o.b, "true"...)
	}
}

// value writes what is rare and has many parts.
func (o *object) value(name string, v any) {
	b, err := json.Marshal(v)
	if err != nil { // values of this package always have a JSON form
		panic("inbox: " + err.Error())
	}
	o.name(name)
	o.b = append(o.b, b...)
}

// appendText appends v, which is valid UTF-8, as a JSON string.
func appendText(b []byte, v string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, v[from:i]...)
		if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, '\\', c)
		}
		from = i + 1
	}
	return append(append(b, v[from:]...), '"')
}

const hexDigits = "0123456789abcdef"
