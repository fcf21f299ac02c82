// Package sim is a seeded platform: hotel customers, orders, reviews, tickets,
// agents of outsourcing companies, merchants and buyers, with honest troubles and
// crimes among them, and the truth of who did what. It feeds the demo, the
// benchmarks and the tests of the parts that detect.
//
// It decides what happens in the simulated world, from the seed alone: the same
// options give the same bytes. It never looks at a clock, never reads a real
// person's data and never judges an event; every person in it is invented.
//
// It fails only on options that make no world ([New] returns an error naming
// the option) and on an output that cannot be written.
package sim
