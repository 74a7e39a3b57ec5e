import { documentedBlocks, typeErrors } from './code-block';

const blocks = documentedBlocks();

describe('code in the documentation', () => {
  let errors: Map<string, string[]>;
  beforeAll(() => {
    errors = typeErrors(blocks);
  }, 120_000);

  it.each(blocks)('$name compiles', ({ name }) => {
    expect(errors.get(name)).toEqual([]);
  });

  it('exists', () => {
    expect(blocks.length).toBeGreaterThan(10);
  });
});
