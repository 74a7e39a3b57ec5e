import { commentedExamples, documentedBlocks, unfencedExamples } from './code-block';
import { completeExamples } from './example';
import { typeErrors } from './type-check';

const blocks = documentedBlocks();
const examples = commentedExamples();

describe('code', () => {
  let errors: Map<string, string[]>;
  beforeAll(() => {
    errors = typeErrors([...blocks, ...completeExamples()]);
  }, 120_000);

  it.each(blocks)('$name of the documentation compiles', ({ name }) => {
    expect(errors.get(name)).toEqual([]);
  });

  it.each(examples)('$name, an example in a comment, compiles', ({ name }) => {
    expect(errors.get(name)).toEqual([]);
  });

  it('is all found', () => {
    expect(blocks.length).toBeGreaterThan(60);
    expect(examples.length).toBeGreaterThan(50);
    expect(unfencedExamples()).toEqual([]);
  });
});
