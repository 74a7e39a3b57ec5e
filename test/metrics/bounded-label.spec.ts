import { BoundedLabel } from '../../lib/metrics/bounded-label';

it('knows a value again, and puts what is beyond the bound under one', () => {
  const label = new BoundedLabel(2);
  expect(['GET /a', 'GET /b', 'GET /c', 'GET /a', 'GET /d', undefined].map((value) => label.of(value))).toEqual([
    'GET /a',
    'GET /b',
    'other',
    'GET /a',
    'other',
    'none',
  ]);
});

it('shortens what is too long for a label', () => {
  expect(new BoundedLabel(1).of('x'.repeat(1000))).toHaveLength(120);
});
