package mask

// Spec is what a Plan is compiled from.
type Spec struct {
	// Search names the classes searched for in every string, member name and
	// number that no field maps. Only [Searchable] classes are allowed.
	Search  []Class
	Records []RecordSpec
}

// RecordSpec says where the records of one kind are in a body, and what is in them.
type RecordSpec struct {
	At         string            // path of the record: $.orders[*]
	Subject    string            // path of the customer's id, relative to the record; may be empty
	Attributes map[string]string // attribute name to relative path
	Fields     map[string]Class  // relative path to class
}

// Record is a record that was found, once it is complete.
type Record struct {
	Subject    string // raw id as in the body; "" when there is none, and for values outside any record
	Attributes map[string]any
	Values     []Value // in the order of the body
}

// Value is one masked value of a record.
type Value struct {
	Field          string // the path as the RecordSpec writes it; the class for a value that was found by search
	Class          Class
	Original, Mask string
	Mapped         bool // a field maps it; otherwise it was found by search
}
