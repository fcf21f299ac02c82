// Package sim is a seeded platform: hotel customers, orders, reviews, tickets,
// agents of outsourcing companies, merchants and buyers, with honest troubles and
// crimes among them, and the truth of who did what. It feeds the demo, the
// benchmarks and the tests of the parts that detect.
//
// It decides what happens in the simulated world, from the seed alone: the same
// options give the same bytes. It never looks at a clock, never reads a real
// person's data and never judges an event; every person in it is invented.
//
// A [Market] and a [Marketplace] are worlds of many thousand shops, among them
// rings of several kinds, played as streams that hold no more than what is under
// way. They are generators apart: the marketplace pack's weights are fitted on the
// one, so that the other shows what they are worth elsewhere.
//
// It fails only on options that make no world ([New], [NewMarket] and
// [NewMarketplace] return an error naming the option) and on an output that cannot be written.
package sim
