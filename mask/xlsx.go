package mask

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"github.com/menshen-io/menshen/mask/detect"
)

// Limits of a workbook. What goes beyond is unreadable.
const (
	MaxWorkbook = 64 << 20 // bytes of the file, which is held in memory
	MaxExpanded = 1 << 30  // bytes of all parts, expanded
	MaxParts    = 10_000

	maxRatio   = 500 // expanded to compressed, of a part beyond 1 MiB
	maxStrings = 1 << 22
)

// XLSX copies a workbook (Office Open XML: .xlsx, and .xlsm without macros) from
// src to dst and masks it: cells, comments, sheet names, headers and footers,
// properties, drawings' texts, links, validations, pivot caches. Parts in which
// nothing is masked are copied as they are. The first row with the name of a
// column says what is in the cells below, as the first row of CSV does. A string
// that several cells use is masked in all of them.
//
// A workbook with a part that may hold personal information and is not read
// (pictures, embedded objects, macros) is unreadable. Nothing is written then.
// Records tell places within a part, which is their attribute part.
func XLSX(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	data, err := io.ReadAll(io.LimitReader(src, MaxWorkbook+1))
	if err != nil {
		return fmt.Errorf("reading body: %w", err)
	}
	if len(data) > MaxWorkbook {
		return fmt.Errorf("%w: larger than can be held", ErrUnreadable)
	}
	b, err := openBook(data, p)
	if err != nil {
		return err
	}
	if p.known != nil && p.mode == modeStream { // it is here as a whole
		b.plan = p.learning()
		for k := range b.zip.File {
			if err := b.mask(k, io.Discard, nil); err != nil {
				return err
			}
		}
		b.plan = p.taught()
	}
	parts := make([]zipped, len(b.zip.File))
	for k := range parts {
		if err := b.zipped(k, &parts[k], onRecord); err != nil {
			return err
		}
	}
	if err := writeBook(dst, parts); err != nil {
		return fmt.Errorf("writing masked body: %w", err)
	}
	return nil
}

// book is a workbook that is being masked.
type book struct {
	plan    *Plan
	reading *Plan // searches for nothing
	data    []byte
	zip     *zip.Reader
	packer  *flate.Writer
	roots   []string // by part: the root element of XML, or ""
	strings []shared
	said    []saying // each once; the first is that nothing may be shown
	pivot   []saying // by field of the pivot caches
	grids   []*grid  // by part
	heads   int      // of all grids
	renamed renames
	known   map[string]saying // by text
	tree    tree
}

// shared is what is known of a string of the workbook's table: all that the cells
// that use it are said to be. What is said is its number in book.said.
type shared struct {
	label  uint16 // as the name of a column: what it says of others
	mapped uint16 // by a field
	header bool   // names a column
	hints  detect.Set
	free   bool // used where no field says that it is plain
}

// partKind is how a part is treated.
type partKind uint8

const (
	refused  partKind = iota // may hold what is not read
	read                     // XML
	lenient                  // VML, which is seldom well-formed
	harmless                 // copied
)

// kindOf tells by its name what a part is.
func kindOf(name string) partKind {
	lower := strings.ToLower(name)
	switch ext := path.Ext(lower); {
	case ext == ".xml", ext == ".rels":
		return read
	case ext == ".vml":
		return lenient
	case ext == ".bin" && strings.HasPrefix(lower, "xl/printersettings/"), ext == ".odttf", ext == ".fntdata", strings.HasSuffix(lower, "/"):
		return harmless
	}
	return refused
}

func broken(part, what string) error {
	return fmt.Errorf("%w: part %q: %s", ErrUnreadable, part, what)
}

func openBook(data []byte, p *Plan) (*book, error) {
	if bytes.Count(data, []byte("PK\x01\x02")) > MaxParts { // before memory is spent on them
		return nil, fmt.Errorf("%w: more parts than can be read", ErrUnreadable)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: not a workbook: no zip archive", ErrUnreadable)
	}
	reading, _ := NewPlan(Spec{}) // nothing that could be at fault
	b := &book{plan: p, reading: reading, said: []saying{hidden}, data: data, zip: z, roots: make([]string, len(z.File)), grids: make([]*grid, len(z.File))}
	if err := b.checkParts(uint64(len(data))); err != nil {
		return nil, err
	}
	return b, b.survey()
}

// checkParts refuses what cannot be read, before anything is expanded. The file
// has so many bytes.
func (b *book) checkParts(size uint64) error {
	seen := map[string]bool{}
	types := false
	var packed, expanded uint64
	for k, f := range b.zip.File {
		shown := fmt.Sprintf("number %d", k+1) // a name is not known to be harmless yet
		name := strings.ToLower(f.Name)
		switch {
		case len(f.Name) > 1024 || strings.ContainsAny(f.Name, "\\\x00") || strings.HasPrefix(f.Name, "/") || strings.Contains("/"+f.Name+"/", "/../"):
			return broken(shown, "its name is not one of a workbook")
		case len(detect.Find(f.Name, b.plan.set|b.plan.mapped)) > 0:
			return broken(shown, "its name holds what should be masked")
		case seen[name]:
			return broken(f.Name, "stands twice")
		case f.Flags&1 != 0:
			return broken(f.Name, "encrypted")
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return broken(f.Name, "compressed in a way that is not known")
		case f.UncompressedSize64 > 1<<20 && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return broken(f.Name, "expands to more than is sound")
		case strings.HasSuffix(name, "/") && f.UncompressedSize64 > 0:
			return broken(f.Name, "a folder with content")
		case kindOf(f.Name) == refused:
			return broken(f.Name, "it may hold personal information and cannot be read (pictures, embedded objects, macros and the like)")
		}
		if packed, expanded = packed+f.CompressedSize64, expanded+f.UncompressedSize64; f.CompressedSize64 > size || packed > size {
			return broken(f.Name, "parts lie over one another")
		}
		if f.UncompressedSize64 > MaxExpanded || expanded > MaxExpanded {
			return broken(f.Name, "all parts together are larger than can be read")
		}
		seen[name] = true
		types = types || name == "[content_types].xml"
	}
	if !types {
		return fmt.Errorf("%w: not a workbook: no [Content_Types].xml", ErrUnreadable)
	}
	return nil
}

// part opens part k. No more is read of it than it is said to hold.
func (b *book) part(k int) (io.ReadCloser, error) {
	r, err := b.zip.File[k].Open()
	if err != nil {
		return nil, broken(b.zip.File[k].Name, "broken")
	}
	return r, nil
}

// look reads part k for what s wants; nothing is written.
func (b *book) look(k int, s *sheet) error {
	r, err := b.part(k)
	if err != nil {
		return err
	}
	defer r.Close()
	s.book = b
	return b.named(k, b.tree.run(io.Discard, r, b.reading, nil, s))
}

// named says of which part an error is.
func (b *book) named(k int, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrUnreadable) {
		return fmt.Errorf("part %q: %w", b.zip.File[k].Name, err)
	}
	return broken(b.zip.File[k].Name, "broken") // of the archive
}

// survey reads what must be known before the first part is written.
func (b *book) survey() error {
	table, workbook := -1, -1
	for k, f := range b.zip.File {
		if kindOf(f.Name) != read {
			continue
		}
		s := &sheet{survey: &survey{}}
		if err := b.look(k, s); err != nil {
			return err
		}
		switch b.roots[k] = s.root; s.root {
		case "sst":
			if table >= 0 {
				return broken(f.Name, "a second table of strings")
			}
			table = k
		case "workbook":
			if workbook >= 0 {
				return broken(f.Name, "a second workbook")
			}
			workbook = k
		}
	}
	if workbook < 0 {
		return fmt.Errorf("%w: not a workbook", ErrUnreadable)
	}
	if table >= 0 {
		s := &sheet{survey: &survey{string: b.keepString}}
		if err := b.look(table, s); err != nil {
			return err
		}
		b.grow(s.index)
	}
	for k, root := range b.roots {
		if err := b.surveyPart(k, root); err != nil {
			return err
		}
	}
	for k, g := range b.grids {
		if g != nil {
			if err := b.look(k, &sheet{grid: g, survey: &survey{cell: b.keepUse}}); err != nil {
				return err
			}
		}
	}
	if table >= 0 {
		if err := b.look(table, &sheet{survey: &survey{string: func(index int, text []byte) { b.know(b.use(index, text), text) }}}); err != nil {
			return err
		}
	}
	return b.look(workbook, &sheet{survey: &survey{name: b.keepName}})
}

func (b *book) surveyPart(k int, root string) error {
	switch root {
	case "worksheet":
		l := labels{book: b}
		if err := b.look(k, &sheet{survey: &survey{rows: surveyRows, cell: l.add}}); err != nil {
			return err
		}
		if g := l.grid(); g != nil {
			if b.heads += len(g.columns) + len(g.labels); b.heads > maxHeads {
				return broken(b.zip.File[k].Name, "more names of columns than can be kept")
			}
			b.grids[k] = g
		}
	case "pivotCacheDefinition":
		n := 0
		return b.look(k, &sheet{survey: &survey{field: func(s saying) {
			if n == len(b.pivot) {
				b.pivot = append(b.pivot, s)
			} else if b.pivot[n] == (saying{}) {
				b.pivot[n] = s
			}
			n++
		}}})
	}
	return nil
}

// zipped is a part as it is written.
type zipped struct {
	head zip.FileHeader
	body []byte // compressed
}

// zipped masks part k into z. What is not changed stays as it is.
func (b *book) zipped(k int, z *zipped, onRecord func(Record)) error {
	f := b.zip.File[k]
	h := &z.head
	*h = f.FileHeader
	h.Flags, h.Extra, h.Comment = h.Flags&^8, nil, "" // what is hidden beside the parts is left out; sizes are known
	if strings.HasSuffix(f.Name, "/") {
		h.Method, h.CRC32, h.UncompressedSize64, h.CompressedSize64 = zip.Store, 0, 0, 0
		return nil
	}
	if kindOf(f.Name) != harmless {
		p := packed{crc: crc32.NewIEEE(), z: b.flate()}
		p.z.Reset(&p.buf)
		if err := b.mask(k, &p, onRecord); err != nil {
			return err
		}
		if !p.same() {
			if err := p.z.Close(); err != nil {
				return fmt.Errorf("compressing masked body: %w", err)
			}
			h.Method, h.CRC32, h.UncompressedSize64, h.CompressedSize64 = zip.Deflate, p.crc.Sum32(), p.size, uint64(p.buf.Len())
			z.body = p.buf.Bytes()
			return nil
		}
	}
	at, err := f.DataOffset()
	if err != nil || uint64(at) > uint64(len(b.data)) || f.CompressedSize64 > uint64(len(b.data))-uint64(at) {
		return broken(f.Name, "broken")
	}
	z.body = b.data[at : uint64(at)+f.CompressedSize64]
	return nil
}

func (b *book) flate() *flate.Writer {
	if b.packer == nil {
		b.packer, _ = flate.NewWriter(nil, flate.DefaultCompression) // the level is sound
	}
	return b.packer
}

// writeBook writes an archive of parts.
func writeBook(dst io.Writer, parts []zipped) error {
	z := zip.NewWriter(bufio.NewWriterSize(dst, windowSize))
	for k := range parts {
		w, err := z.CreateRaw(&parts[k].head)
		if err != nil {
			return err
		}
		if _, err := w.Write(parts[k].body); err != nil {
			return err
		}
	}
	return z.Close()
}

// packed compresses a part that is masked, and sees whether that changes it. The
// part is read through it.
type packed struct {
	src   io.Reader
	ahead []byte // read and not yet written
	other bool   // what was written is not what was read
	buf   bytes.Buffer
	z     *flate.Writer
	crc   hash.Hash32
	size  uint64
}

func (p *packed) Read(b []byte) (int, error) {
	n, err := p.src.Read(b)
	if !p.other {
		p.ahead = append(p.ahead, b[:n]...)
	}
	return n, err
}

func (p *packed) Write(b []byte) (int, error) {
	if !p.other && bytes.HasPrefix(p.ahead, b) {
		p.ahead = p.ahead[:copy(p.ahead, p.ahead[len(b):])]
	} else {
		p.other, p.ahead = true, nil
	}
	p.size += uint64(len(b))
	_, _ = p.crc.Write(b) // a hash does not fail
	return p.z.Write(b)
}

// same tells whether all that was read was written and nothing else.
func (p *packed) same() bool { return !p.other && len(p.ahead) == 0 }

// mask masks part k, when it is one that is read, into dst.
func (b *book) mask(k int, dst io.Writer, onRecord func(Record)) error {
	kind := kindOf(b.zip.File[k].Name)
	if kind == harmless {
		return nil
	}
	part, err := b.part(k)
	if err != nil {
		return err
	}
	defer part.Close()
	src := io.Reader(part)
	if p, ok := dst.(*packed); ok {
		p.src, src = part, p
	}
	each := onRecord
	if onRecord != nil {
		each = func(rec Record) {
			rec.Attributes = map[string]any{"part": b.zip.File[k].Name}
			onRecord(rec)
		}
	}
	if kind == lenient {
		err = HTML(dst, src, b.plan, each)
	} else {
		err = b.tree.run(dst, src, b.plan, each, &sheet{book: b, grid: b.grids[k], renamed: b.renamed})
	}
	return b.named(k, err)
}
