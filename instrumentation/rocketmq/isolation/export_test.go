package isolation

// What the tests on real brokers share with the others.

func Messages() []map[string]string { return messages() }

func Selectors() []Selector { return selectors() }

func Strict() *Rules { return strict() }
