//go:build !race

package collector_test

import "time"

// distance is the latency added to each request.
const distance = 50 * time.Millisecond
