package standing

import (
	"cmp"
	"io"
	"maps"
	"slices"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

// fileState is a file, with the changes that were applied.
type fileState struct {
	Scope, ID, Cause string
	Ground           Ground
	InForce          bool
	Applied          []event.Key
}

// Save writes all that the book knows, so that Load can go on from it.
func (b *Book) Save(w io.Writer) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return snapshot.Save(w, b.walk)
}

// Load makes a new book know what another one has saved. An error that wraps
// snapshot.ErrUnfit says that it cannot; the book is not to be used then.
func (b *Book) Load(r io.Reader) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return snapshot.Load(r, b.walk)
}

// walk goes over the state. The caller holds mu.
func (b *Book) walk(c *snapshot.Codec) {
	c.Same("menshen standings 1", "it is of another kind or version")
	var all []fileState
	for at, causes := range b.files {
		for cause, f := range causes {
			all = append(all, fileState{at.scope, at.id, cause, f.ground, f.inForce,
				slices.SortedFunc(maps.Keys(f.applied), func(x, y event.Key) int { return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.ID, y.ID)) })})
		}
	}
	slices.SortFunc(all, func(x, y fileState) int {
		return cmp.Or(cmp.Compare(x.Scope, y.Scope), cmp.Compare(x.ID, y.ID), cmp.Compare(x.Cause, y.Cause))
	})
	snapshot.Slice(c, &all, func(f *fileState) { snapshot.JSON(c, f) })
	if !c.Loading() {
		return
	}
	for _, s := range all {
		at := place{s.Scope, s.ID}
		if b.files[at] == nil {
			b.files[at] = make(map[string]*file)
		}
		f := &file{ground: s.Ground, inForce: s.InForce, applied: make(map[event.Key]struct{}, len(s.Applied))}
		for _, k := range s.Applied {
			f.applied[k] = struct{}{}
		}
		b.files[at][s.Cause] = f
	}
}
