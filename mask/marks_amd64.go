package mask

import "golang.org/x/sys/cpu"

var canMark = cpu.X86.HasAVX2

// markBlocks sets bit k%64 of marks[k/64] where text[k] ends or may not be in a JSON
// string, over blocks of 64 bytes, and tells whether they are UTF-8 but for a
// character that goes on behind them.
//
//go:noescape
func markBlocks(marks *uint64, text *byte, blocks int) (valid bool)
