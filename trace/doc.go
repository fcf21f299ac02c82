// Package trace decides which accounts, and which sets of accounts, best
// explain customers who came to harm: complaints, reviews that vanish, accounts
// taken over, marked numbers that ring.
//
// For a set S it weighs each harm by
//
//	1 − ε + ε/|S| · Σ over a in S of r(a), r(a) = 1/q(a) if a viewed the customer before the harm, else 0
//
// where q(a) is how likely a views such a customer if it leaks none: learned from
// the like customers (same queue, attribute, month and shift) who came to no harm,
// so that accounts that handle much are not suspected for it, and taken higher the
// fewer these are. Where it is known which views work explains, r is a mixture of
// this and of the same quantity reckoned on unexplained views alone; where many
// views of harmed customers are known, r is multiplied by how much likelier a leak
// is to leave the delay between view and harm than work is, for a leak of unknown
// pace.
//
// ε, the share of harms that come from S, runs over a grid for each kind of harm
// and of customer apart. Each account has a prior of 2/N, that nobody leaked one of
// a third. The sets of a short list of candidates are all weighed, those of a
// longer one by two seeded walks, which are compared: Result.Doubt is by how much
// they differ. The empty set, and that none of the harms came from S, are among
// what is weighed.
//
// Views after a customer's harm count nowhere, and a customer's harms count as
// one. A marked number that rings hardly ever comes about without a leak. The
// advice names an account only when it viewed three harmed customers or a
// marked one: an account that handles little stands out by one complaint, and
// that is no proof.
//
// It never does I/O, never looks at a clock, draws no random numbers but those of
// its own walks, which the question seeds, and never acts on its answer. What it keeps, by customer and as totals, is in memory or on
// a Shelf, which the caller provides. It fails only as its shelf does, and says so
// by Err; with too little to go on it says so by low probabilities, a high
// unexplained share and a high chance of nobody.
package trace
