const WORDS = 16; // a block: next, previous, 14 stamps; 64 bytes, one cache line
const FIRST = 2;
const BLOCKS = 4096; // per page of 256 KB
const PAGE_SHIFT = 16; // 4096 blocks * 16 words
const NONE = 0xffffffff;

/** A page of blocks and what is free in it. */
interface Page {
  readonly words: Uint32Array;
  used: number;
  /** First free block as a word index within the page, the next one in its first word. */
  free: number;
}

/**
 * Queues of hit times in linked blocks of one size, so that two million clients share one pool without fragments.
 *
 * A position is the index of a word over all pages. A page goes back to the system with its last block, but for the
 * one in use.
 */
export class HitArena {
  private readonly pages: (Page | undefined)[] = [];
  private open = -1;

  /** @param maxPages bound of the pool in pages of 256 KB */
  constructor(private readonly maxPages: number) {}

  /** Position of the first stamp of a new block, or -1 when the pool is full. */
  allocate(): number {
    let page = this.pages[this.open];
    if (page === undefined || page.free === NONE) {
      this.open = this.findOpen();
      page = this.pages[this.open];
      if (page === undefined) return -1;
    }
    const block = page.free;
    page.free = page.words[block]!;
    page.used++;
    page.words[block] = NONE;
    page.words[block + 1] = NONE;
    return this.open * (1 << PAGE_SHIFT) + block + FIRST;
  }

  read(position: number): number {
    return this.wordsOf(position)[position & 0xffff]!;
  }

  write(position: number, stamp: number): void {
    this.wordsOf(position)[position & 0xffff] = stamp;
  }

  /** Position after the newest stamp, in a new block when this one is full; -1 when the pool is full. */
  append(tail: number, stamp: number): number {
    let next = tail + 1;
    if (next % WORDS === 0) {
      next = this.allocate();
      if (next < 0) return -1;
      this.write(tail - (tail % WORDS), next);
      this.write(next - FIRST + 1, tail);
    }
    this.write(next, stamp);
    return next;
  }

  /** Position of the stamp that follows. */
  after(position: number): number {
    return (position + 1) % WORDS === 0 ? this.read(position - (position % WORDS)) : position + 1;
  }

  /** Drops the oldest stamp and returns the position of the next one. */
  dropHead(head: number): number {
    const next = this.after(head);
    if ((head + 1) % WORDS === 0) this.giveBack(head - (head % WORDS));
    return next;
  }

  /** Drops the newest stamp and returns the position of the one before. */
  dropTail(tail: number): number {
    if (tail % WORDS !== FIRST) return tail - 1;
    const previous = this.read(tail - FIRST + 1);
    this.giveBack(tail - FIRST);
    return previous;
  }

  /** Gives back all blocks of a queue. */
  release(head: number, tail: number): void {
    const last = tail - (tail % WORDS);
    for (let block = head - (head % WORDS); ;) {
      const next = this.read(block);
      this.giveBack(block);
      if (block === last) return;
      block = next - FIRST;
    }
  }

  private wordsOf(position: number): Uint32Array {
    return this.pages[position >>> PAGE_SHIFT]!.words;
  }

  private giveBack(block: number): void {
    const index = block >>> PAGE_SHIFT;
    const page = this.pages[index]!;
    page.used--;
    if (page.used === 0 && index !== this.open) {
      this.pages[index] = undefined;
      return;
    }
    page.words[block & 0xffff] = page.free;
    page.free = block & 0xffff;
  }

  private findOpen(): number {
    let hole = -1;
    for (let index = 0; index < this.pages.length; index++) {
      const page = this.pages[index];
      if (page === undefined) hole = hole < 0 ? index : hole;
      else if (page.free !== NONE) return index;
    }
    if (hole < 0) {
      if (this.pages.length >= this.maxPages) return -1;
      hole = this.pages.length;
    }
    this.pages[hole] = newPage();
    return hole;
  }
}

function newPage(): Page {
  const words = new Uint32Array(BLOCKS * WORDS);
  for (let block = 0; block < BLOCKS; block++) words[block * WORDS] = (block + 1) * WORDS;
  words[(BLOCKS - 1) * WORDS] = NONE;
  return { words, used: 0, free: 0 };
}
