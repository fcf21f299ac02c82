// The shapes that the server's API speaks. Lists may come as null where Go has
// an empty slice; `list` in client.ts reads both.

export type Text = { zh: string; en: string };
export type Money = { amount: number; currency: string };
export type List<T> = T[] | null | undefined;
export type Page<T> = { items: List<T>; next?: number | string };

export type Session = { user: string; name: string; role: string };

export type Severity = 'low' | 'medium' | 'high';
export type StandingName = 'open' | 'narrowed' | 'closed';

export type Alert = {
  index: number;
  time: string;
  alert: string;
  rule: string;
  severity: Severity;
  actor?: string;
  partner?: string;
  station?: string;
  odds?: number;
  events?: List<string>;
  action?: string;
  message: Text;
};

export type Ground = {
  scope?: string;
  id?: string;
  cause: string;
  standing: StandingName;
  since: string;
  until?: string;
  by?: string;
  reason?: Text | null;
};

export type Answer = { standing: StandingName; grounds?: List<Ground> };

export type SubjectViewed = {
  subject: string;
  fields?: Record<string, string> | null;
  attributes?: Record<string, unknown> | null;
};

export type View = {
  index: number;
  id: string;
  time: string;
  actor: string;
  partner?: string;
  kind?: string;
  endpoint?: string;
  subjects: List<SubjectViewed>;
  reason?: { kind: string; id: string } | null;
  explained: boolean;
  station?: string;
};

export type DataPoint = { t: string; explained: number; unexplained: number; refused: number };
export type MoneyPoint = { t: string; paid: number; held: number; refunded: number };

export type Overview = {
  now: string;
  start: string;
  data: {
    views: number;
    masked_values: number;
    reveals: number;
    refused: number;
    unexplained: number;
    actors: number;
    series: List<DataPoint>;
  };
  money: {
    currency: string;
    requested: number;
    paid: number;
    held: number;
    refunded: number;
    advanced: number;
    at_risk: number;
    merchants: number;
    series: List<MoneyPoint>;
  };
  alerts: List<Alert>;
  standings: { narrowed: number; closed: number };
  ledger: { size: number; checkpoint_size: number; checkpoint_time: string };
};

export type AlertDetail = { alert: Alert; standing?: Answer | null; views: List<View> };

export type Actor = {
  actor: string;
  partner?: string;
  site?: string;
  role?: string;
  queues?: List<string>;
  views: number;
  unexplained: number;
  alerts: number;
  standing: StandingName;
};
export type DayCount = { day: string; explained: number; unexplained: number };
export type ActorDetail = Actor & { grounds?: List<Ground>; days?: List<DayCount>; recent?: List<View> };

export type StandingEntry = { scope: string; id: string; standing: StandingName; grounds: List<Ground> };

export type Reason = { code: string; zh: string; en: string };

export type Merchant = {
  merchant: string;
  category?: string;
  country?: string;
  opened?: string;
  currency: string;
  balance: number;
  refundable: number;
  collateral: number;
  advanced: number;
  at_risk: number;
  line: number;
  paid: number;
  held: number;
  ring?: string | null;
  ring_line?: number;
  ring_at_risk?: number;
  decision?: string | null;
};

export type RingLink = { a: string; b: string; by: string; weight: number };
export type Ring = { ring: string; merchants: List<string>; buyers?: List<string>; score: number; links: List<RingLink> };

export type DecisionData = {
  request?: string;
  refund?: string;
  order?: string;
  decision?: string;
  pay?: Money;
  hold?: Money;
  until?: string;
  bound_by?: string;
  from_order?: number;
  from_balance?: number;
  from_collateral?: number;
  advance?: number;
  ring?: string;
  reasons?: List<Reason>;
  inputs?: { evidence?: List<Evidence>; rules?: List<RuleMet> };
};
export type Evidence = { name: string; value: number; log_odds: number };
export type RuleMet = { rule: string; aggregates?: Record<string, number> };
export type Decision = { index: number; time: string; type: string; data: DecisionData };
export type MerchantDetail = { merchant: Merchant; ring?: Ring | null; decisions: List<Decision> };

export type TraceAccount = { actor: string; probability: number; subjects: List<string>; views: List<string> };
export type TraceSet = { actors: List<string>; probability: number };
export type Trace = { accounts: List<TraceAccount>; sets: List<TraceSet>; unexplained: number; advice: List<string>; advice_zh?: List<string> };

export type LedgerState = { origin: string; verifier: string; size: number; checkpoint: string };
export type LedgerEntry = { index: number; id: string; type: string; time: string; line: string };
export type LedgerReport = { ok: boolean; size: number; problems: List<string>; seconds: number };

export type Start = {
  demo: boolean;
  desk_url?: string;
  steps: List<{ title: Text; text: Text; link?: string }>;
  accounts?: List<{ user: string; password: string; what: Text }>;
};
