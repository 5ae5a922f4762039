import { MillraceError } from '../base/errors.js';

interface Claim {
  readonly stage: string;
  readonly doing: 'reads' | 'writes';
}

/**
 * What the stages of one run read and write. None may read what another writes, for it would be read for ever or be
 * emptied before it was read, and no two may write the same, for their records would end up in each other.
 */
export class Claims {
  readonly #claims = new Map<string, Claim[]>();

  /** @param identity what tells the thing from all others, whatever it is called */
  read(stage: string, identity: string, name: string): void {
    this.#add({ stage, doing: 'reads' }, identity, name);
  }

  write(stage: string, identity: string, name: string): void {
    this.#add({ stage, doing: 'writes' }, identity, name);
  }

  /** The stage is done with it, and what comes to have this identity may be another thing. */
  release(stage: string, identity: string): void {
    const left = (this.#claims.get(identity) ?? []).filter((claim) => claim.stage !== stage);
    if (left.length > 0) this.#claims.set(identity, left);
    else this.#claims.delete(identity);
  }

  /** The stage is done with everything. */
  forget(stage: string): void {
    for (const identity of [...this.#claims.keys()]) this.release(stage, identity);
  }

  #add(claim: Claim, identity: string, name: string): void {
    const others = (this.#claims.get(identity) ?? []).filter(({ stage }) => stage !== claim.stage);
    const other = others.find(({ doing }) => doing === 'writes' || claim.doing === 'writes');
    if (other) throw conflict(claim, other, name);
    this.#claims.set(identity, [...others, claim]);
  }
}

function conflict(claim: Claim, other: Claim, name: string): MillraceError {
  const verb = claim.doing === 'reads' ? 'read' : 'write';
  const advice =
    claim.doing === other.doing
      ? 'let one sink have the inputs of both, or write to different files'
      : 'write to another file, or leave this one out of what is read (exclude)';
  const message = `"${claim.stage}" cannot ${verb} ${name}: "${other.stage}" of this pipeline ${other.doing} it; ${advice}`;
  return new MillraceError('claimed_twice', message, { blame: 'config' });
}
