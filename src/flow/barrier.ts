/**
 * A mark that travels through the queues with the data: everything before it belongs to checkpoint `id`, everything
 * after it does not (Chandy and Lamport 1985, in the aligned form of Carbone et al. 2015). Ids ascend.
 */
export interface Barrier {
  readonly kind: 'barrier';
  readonly id: number;
}
