package cli

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is the bar on standard error while a terminal is attached, and the
// writer that puts log lines above it. Without a terminal it only passes log
// lines on.
type progress struct {
	s       Streams
	wanted  bool
	objects atomic.Int64

	mu   sync.Mutex // guards what follows, and keeps log lines whole
	bars *mpb.Progress
	bar  *mpb.Bar
}

func newProgress(s Streams, quiet bool) *progress {
	return &progress{s: s, wanted: s.ErrWidth > 0 && !quiet}
}

// start shows the bar of a fleet of n vCenters.
func (p *progress) start(n int) {
	if !p.wanted || n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bars = mpb.New(mpb.WithOutput(p.s.Err), mpb.WithWidth(p.s.ErrWidth-1))
	p.bar = p.bars.AddBar(int64(n),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersNoUnit("%d/%d vCenters ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return fmt.Sprintf(" %d objects", p.objects.Load())
		})),
	)
}

// stop takes the bar away. It may be called twice.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	p.bar.Abort(true)
	p.bars.Wait()
	p.bars, p.bar = nil, nil
}

// vcenter counts a vCenter that is done.
func (p *progress) vcenter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Increment()
	}
}

// count adds objects that have been read; any goroutine may call it.
func (p *progress) count(_ string, objects int) { p.objects.Add(int64(objects)) }

// Write writes a log line above the bar.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars != nil {
		return p.bars.Write(line)
	}
	return p.s.Err.Write(line)
}
