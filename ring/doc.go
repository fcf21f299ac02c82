// Package ring decides which merchants are one, from two sources kept apart in
// what it says: identifiers that applications share (legal person, bank
// account, device, phone, address, network), each weighing the less the more
// shops share it; and the same buyers, where two shops have more of them in
// common than chance gives, a buyer of many shops counting for little
// (1/log(x + c), as FRAUDAR weighs columns; Hooi et al., KDD 2016).
//
// Two merchants are linked when their weights add up to the threshold; a ring
// is a connected component of links. Beyond pairs, groups of shops are linked
// whose buyers stand out together, looked for once a week of the stream, beside
// it, and told of ten minutes later in it. A ring keeps its name while it grows;
// when two merge, the older name stays. What was found is not unfound when a
// shared identifier later turns out to be common, only by a person who strikes a
// link out.
//
// It never knows about money, never decides what follows from a ring, never
// looks at a clock and opens nothing: what it knows goes to a writer it is given, and
// comes from a reader (state.go).
//
// It fails small: what it keeps is bounded (shops an identifier, shops a buyer,
// pairs in all; of purchases those of the last group_days), and beyond a bound
// it forgets the weakest evidence, so that it may find a ring later or not at
// all, and never invents one. A saved finder that does not fit is refused as a whole.
package ring
