import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { categoryProblem, exclusionProblems } from './detection.config';
import { type DetectionExclusions } from './detection.types';
import { type SuspiciousDetectionOptions } from './suspicious-detection.decorator';

/** What a route adds to the configuration: exclusions come on top, the rest replaces. */
export function routeOptions({ categories, exclude, sensitivity }: SuspiciousDetectionOptions, config: GuardConfig) {
  return {
    ...(categories === undefined ? {} : { categories }),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(exclude === undefined ? {} : { exclude: joinExclusions(config.detectionExclude, exclude) }),
  };
}

function joinExclusions(first: DetectionExclusions, second: DetectionExclusions): DetectionExclusions {
  const join = (name: keyof DetectionExclusions): string[] => [...(first[name] ?? []), ...(second[name] ?? [])];
  return { headers: join('headers'), params: join('params'), bodyFields: join('bodyFields'), cookies: join('cookies') };
}

const OPTION_NAMES = ['enabled', 'categories', 'exclude', 'sensitivity'];

/** Everything wrong with a decorator's options. */
export function optionProblems(options: SuspiciousDetectionOptions): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { enabled, categories, exclude, sensitivity } = options;
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name))
      problems.push({ path: `.${name}`, message: `is not known; use ${OPTION_NAMES.join(', ')}` });
  }
  if (enabled !== undefined && typeof enabled !== 'boolean')
    problems.push({ path: '.enabled', value: enabled, message: 'is not accepted; use true or false' });
  if (categories !== undefined) {
    const list: unknown = categories;
    if (!Array.isArray(list))
      problems.push({ path: '.categories', value: list, message: 'is not a list of categories' });
    else if (list.length === 0)
      problems.push({ path: '.categories', value: list, message: 'is empty; enabled: false looks for nothing' });
    else {
      list.forEach((category: unknown, index) => {
        const message = categoryProblem(category);
        if (message !== undefined) problems.push({ path: `.categories[${index}]`, value: category, message });
      });
    }
  }
  if (sensitivity !== undefined && !['low', 'default', 'high'].includes(sensitivity)) {
    problems.push({
      path: '.sensitivity',
      value: sensitivity,
      message: 'is not accepted; use "low", "default" or "high"',
    });
  }
  if (exclude !== undefined)
    problems.push(
      ...exclusionProblems(exclude).map((problem) => ({ ...problem, path: `.exclude${problem.path ?? ''}` })),
    );
  return problems;
}
