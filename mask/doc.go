// Package mask finds personal information in a body and puts a mask in its
// place.
//
// It decides where personal information is: at the paths that a [Plan] maps to
// a [Class], where a name says what its value is, in all other text by searching
// for what looks like it, and wherever a value stands again that is [Known]. It
// reads JSON, HTML, XHTML, XML, CSV, text and XLSX workbooks. It decides what
// stands there instead, in one of several [Form]s. A mask that is masked again
// stays as it is, but for one of [FF1], which is covered whole.
//
// It never does I/O of its own (callers hand it a reader and a writer), knows
// no role and no route, and never changes a byte outside a masked value. Its
// memory is bounded whatever the body's size; a workbook is held, up to
// [MaxWorkbook].
//
// It fails closed. A mapped value that does not look like its class is covered
// whole. A body that is not valid is refused with [ErrUnreadable] and nothing
// after the fault is written. Errors name offsets, never content.
package mask
