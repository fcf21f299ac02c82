// Package mask finds personal information in a body and puts a mask in its
// place.
//
// It decides where personal information is: at the paths that a [Plan] maps to
// a [Class], in every other string, member name and number by searching, and
// wherever a value stands again that is [Known]. It decides what stands there
// instead, in one of several [Form]s. A mask that is masked again stays as it is,
// but for one of [FF1], which is covered whole.
//
// It never does I/O of its own (callers hand it a reader and a writer), knows
// no role and no route, and never changes a byte outside a masked value. Its
// memory is bounded whatever the body's size.
//
// It fails closed. A mapped value that does not look like its class is covered
// whole. A body that is not valid is refused with [ErrUnreadable] and nothing
// after the fault is written. Errors name offsets, never content.
package mask
