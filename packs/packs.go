// Package packs holds the packs that come with Menshen: folders of YAML with a
// policy, the rules of the watch and examples that they are tested by.
//
// It decides nothing and never reads a file: the packs are part of the program.
// It cannot fail.
package packs

import "embed"

// FS holds one folder for each built-in pack.
//
//go:embed */*.yaml
var FS embed.FS
