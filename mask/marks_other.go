//go:build !amd64

package mask

var canMark = false

func markBlocks(*uint64, *byte, int) bool { panic("no vectors") }
