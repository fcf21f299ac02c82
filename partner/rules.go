package partner

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
)

// Rules say what follows from which fact. A rule that is left out is off.
type Rules struct {
	Qualification *Effect   `yaml:"qualification"` // of a company, when it lapses or runs out
	Left          *Effect   `yaml:"left"`          // of a person who left
	Training      *Training `yaml:"training"`
	Storage       *Storage  `yaml:"storage"`
	Camera        *Camera   `yaml:"camera"`
}

// Effect is the standing that follows.
type Effect struct {
	Standing Standing `yaml:"standing"`
}

// Training is a course that everybody who joined must pass again and again.
type Training struct {
	Course   string   `yaml:"course"`
	Every    Span     `yaml:"every"`
	Standing Standing `yaml:"standing"`
}

// Storage is removable storage at a computer. The standing ends when it is
// removed, or after For.
type Storage struct {
	Standing Standing `yaml:"standing"`
	For      Span     `yaml:"for"`
}

// Camera is what a camera must not see at a workplace. A report without a
// confidence counts.
type Camera struct {
	Seen       []string `yaml:"seen"`
	Confidence float64  `yaml:"confidence"`
	Standing   Standing `yaml:"standing"`
	For        Span     `yaml:"for"`
}

// Parse reads the section "partner" of a pack strictly; it leaves the other
// sections to their readers. The error joins all faults.
func Parse(file string, data []byte) (Rules, error) {
	var doc struct {
		Partner Rules          `yaml:"partner"`
		Others  map[string]any `yaml:",inline"`
	}
	if err := yamlconf.Decode(file, data, &doc); err != nil {
		return Rules{}, err
	}
	r := doc.Partner
	var faults []error
	need := func(field string, ok bool) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s:%d: partner.%s: missing", file, sectionLine(data), field))
		}
	}
	need("qualification.standing", r.Qualification == nil || r.Qualification.Standing != "")
	need("left.standing", r.Left == nil || r.Left.Standing != "")
	if t := r.Training; t != nil {
		need("training.course", t.Course != "")
		need("training.every", t.Every != 0)
		need("training.standing", t.Standing != "")
	}
	if s := r.Storage; s != nil {
		need("storage.standing", s.Standing != "")
		need("storage.for", s.For != 0)
	}
	if c := r.Camera; c != nil {
		need("camera.seen", len(c.Seen) > 0)
		need("camera.standing", c.Standing != "")
		need("camera.for", c.For != 0)
	}
	return r, errors.Join(faults...)
}

func sectionLine(data []byte) int {
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
		return 1
	}
	m := doc.Content[0].Content
	for i := 0; i+1 < len(m); i += 2 {
		if m[i].Value == "partner" {
			return m[i].Line
		}
	}
	return 1
}

// Span is a time span above zero, in YAML as Go writes it ("744h").
type Span time.Duration

// UnmarshalYAML reads a span.
func (s *Span) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 {
		return errors.New("must be a span of time such as 1h or 744h")
	}
	*s = Span(v)
	return nil
}

func (s Span) days() string {
	return strconv.FormatFloat(time.Duration(s).Hours()/24, 'f', -1, 64)
}

// Standing is what a rule brings about.
type Standing string

// UnmarshalYAML reads a standing that is not open.
func (s *Standing) UnmarshalYAML(n *yaml.Node) error {
	if n.Value != event.Narrowed && n.Value != event.Closed {
		return errors.New("must be a standing: narrowed or closed")
	}
	*s = Standing(n.Value)
	return nil
}
