// Package payout decides how much money may leave now: it keeps every
// merchant's book (balance, collateral, what can still be refunded, what was
// advanced and not recovered) and answers payout requests, refund requests and
// merchants who apply, each with its inputs, the clause that bound it and a
// sentence for the merchant.
//
// What the platform would lose if a merchant walked away now is
//
//	X = max(0, U + R − B − D)
//
// with B the balance, D the collateral, U what was advanced and not recovered,
// and R what can still be refunded of confirmed orders. An order that is paid
// and not yet confirmed is held by the platform and exposes it to nothing: it
// is in neither B nor R. Confirming adds the same amount to B and to R, and a
// refund takes the same amount from R and from B, D or (as U) from X's other
// side, so only a payout, a withdrawn collateral or an overpayment makes X
// grow. A payout p is as large as leaves the sum of X over the merchant, and
// over the whole ring it belongs to, within the line. A line starts small, is
// earned by sales whose windows closed without a refund, and shrinks as refunds
// rise; a ring has one line, not one a shop. Exposures in several currencies
// share one line: each uses up the fraction of it that it is of the line in its
// own currency.
//
// Beside the line a pack may ask for two things more, and neither widens it: that
// the refunds which ordinary behaviour will bring stay covered by balance,
// collateral and what buyers have paid but not confirmed (a quantile), and that
// the chance of fraud times X stays within a share of the line. A pack's own rules
// (package rule) may make a request, a refund or an application wait. A delivery that is
// doubted starts its refund window later. A person may let a merchant have more,
// by an override with a reason and an end. Events may come in any order within the
// allowed lateness: those before their order are kept for it.
//
// Orders are kept without pointers (orders.go) and a shop's days packed
// (history.go): a large platform's fit into one machine.
//
// It never links merchants (it is told of rings by ring.found), never looks at
// a clock, opens nothing (what it knows goes to a writer it is given, and comes from
// a reader, state.go), and never takes a decision back: a correction is a new
// decision. What the platform recovers of an advance is taken to come from
// outside the merchant's balance.
//
// It fails closed: a currency that the pack gives no line is paid only as far
// as it is covered; a book whose sums leave the range that can be reckoned with
// is frozen (payouts denied, refunds to review); what belongs to no known order
// moves no money and is counted as unmatched; a saved book that does not fit is
// refused as a whole.
package payout
