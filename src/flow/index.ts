export type { Barrier } from './barrier.js';
export { Credit } from './credit.js';
export type { Edge, EdgeTotals, Reservation, WhenFull } from './edge.js';
export { type Delivery, Inbox, type InboxGauges, type InboxOptions } from './inbox.js';
export { type Spill, type Spilled, SpillingEdge } from './spilling-edge.js';
