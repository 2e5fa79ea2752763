//go:build race

package collector_test

import "time"

// distance is the latency added to each request. The race detector makes the
// work itself some eight times as slow, so what it is measured against is too.
const distance = 500 * time.Millisecond
