//go:build !amd64

package mask

const canMark = false

func markBlocks(*uint64, *byte, int) bool { panic("no vectors") }
