// Package trace decides which accounts, and which sets of accounts, best
// explain customers who came to harm: complaints, reviews that vanish, accounts
// taken over, marked numbers that ring.
//
// For a set S it weighs each harm by
//
//	1 − ε + ε/|S| · Σ over a in S of r(a), r(a) = 1/q(a) if a viewed the customer before the harm, else 0
//
// where q(a) is the share of like customers (same queue, kind and month) whom a
// viewed: accounts that handle much are not suspected for it. Where it is known
// which views work explains, r is a mixture of this and of the same quantity
// reckoned on unexplained views alone, so that those count for more only as far
// as they are rarer. ε, the share of harms that come from S, runs over a grid for
// each kind of customer and of harm apart, since a leak may be of one kind alone
// and a vanished review says less than a complaint, and so does the mixture, and how a leak's delays between view and harm are distributed.
// With a prior of 2/N for each account, all sets of a short list of
// candidates are weighed; of a longer one the posterior is walked through by two
// seeded Markov chains, which the answer compares (Result.Doubt). "The record
// does not explain this" is one of the sets.
//
// Views after a customer's harm count nowhere, and a customer's harms count as
// one. A marked number that rings hardly ever comes about without a leak. The
// advice names an account only when it viewed three harmed customers or a
// marked one: an account that handles little stands out by one complaint, and
// that is no proof.
//
// It never does I/O, never looks at a clock, tosses no coin but a seeded one of
// its own, and never
// acts on its answer. It cannot fail; with too little to go on it says so by
// low probabilities and a high unexplained share. It keeps every view it was
// given, by customer.
package trace
