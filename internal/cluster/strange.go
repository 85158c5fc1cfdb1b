package cluster

import (
	"bytes"
	"encoding/json"
)

// strange are the members of a record that this version does not know. While versions
// run side by side an update by the older one must not lose what the newer one keeps.
type strange map[string]json.RawMessage

// read reads a record, and what is strange about it.
func read[T any](data []byte) (*T, strange, error) {
	value := new(T)
	if strict[T](data, value) == nil {
		return value, nil, nil
	}
	value = new(T)
	if err := json.Unmarshal(data, value); err != nil {
		return nil, nil, err
	}
	var odd strange
	_ = json.Unmarshal(data, &odd) // what is no object has no members
	for name, member := range odd {
		alone, err := json.Marshal(strange{name: member})
		if err != nil || strict(alone, new(T)) == nil {
			delete(odd, name)
		}
	}
	return value, odd, nil
}

func strict[T any](data []byte, value *T) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(value)
}

// marshal writes value and what is strange beside it.
func (s strange) marshal(value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil || len(s) == 0 {
		return data, err
	}
	all := make(strange)
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	for name, member := range s {
		if _, ok := all[name]; !ok {
			all[name] = member
		}
	}
	return json.Marshal(all)
}
