package api

import (
	"encoding/json"
	"math"
	"strconv"
)

// column is a row of numbers, one for each step; NaN is null. A month has 43,200
// minutes: encoding them by reflection was most of such a request.
type column []float64

// MarshalJSON implements json.Marshaler.
func (c column) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 2+8*len(c))
	out = append(out, '[')
	for i, v := range c {
		if i > 0 {
			out = append(out, ',')
		}
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			out = append(out, "null"...)
		case v == math.Trunc(v) && math.Abs(v) < 1<<53:
			out = strconv.AppendInt(out, int64(v), 10)
		default:
			out = strconv.AppendFloat(out, v, 'f', -1, 64)
		}
	}
	return append(out, ']'), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *column) UnmarshalJSON(text []byte) error {
	var list []*float64
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*c = make(column, len(list))
	for i, v := range list {
		(*c)[i] = math.NaN()
		if v != nil {
			(*c)[i] = *v
		}
	}
	return nil
}

// part is a ratio to six digits, NaN where there is nothing to relate to.
func part(count, total float64) float64 {
	if total == 0 {
		return math.NaN()
	}
	return math.Round(count/total*1e6) / 1e6
}
