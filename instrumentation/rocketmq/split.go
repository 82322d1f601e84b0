package rocketmq

// split parts the deliveries of one callback so that no part mixes environments.
//
// A callback has one context. With messages of several tags in it, whatever it
// calls would carry the tag of one of them: traffic of the others would leave its
// environment (taxonomy M9). So the handler is called once for each part. A group
// whose broker filter is right never needs it; a baseline group that serves tagged
// messages by fallback does.
//
// Orderly consumers get runs of neighbours of the same tag, which keeps the order
// of the queue; others get one part for each tag, in the order of their first
// message. With each every delivery is a part.
func split(ds []delivery, orderly, each bool) [][]delivery {
	if len(ds) == 0 {
		return nil
	}
	if each {
		parts := make([][]delivery, len(ds))
		for i := range ds {
			parts[i] = ds[i : i+1]
		}
		return parts
	}
	var parts [][]delivery
	for _, d := range ds {
		i := fitting(parts, d.tag, orderly)
		if i < 0 {
			parts = append(parts, []delivery{d})
			continue
		}
		parts[i] = append(parts[i], d)
	}
	return parts
}

// fitting returns the index of the part that takes a message of this tag; -1 if
// it needs a new one.
func fitting(parts [][]delivery, tag string, orderly bool) int {
	from := 0
	if orderly {
		from = len(parts) - 1
	}
	for i := max(from, 0); i < len(parts); i++ {
		if parts[i][0].tag == tag {
			return i
		}
	}
	return -1
}
