import { isLetter, wordSet } from '../grammar/characters';

/** Words that hold sentences together and that no query or command language reserves. */
const BONDS = wordSet(`
  the an i you he she we they my your his her our their its this these those that of to me us him them are was were been being has
  have had does did can could will would should may might must shall what why how who whom whose very too so but because please thanks thank hello
  hi dear there here just means such example works work fails try tells says prints shows using instead called only about some any many much most more than also never always often when while i'm it's don't isn't
  der die das ein eine einen ist nicht und oder ich du wir sie mein dein wie warum bitte auf mit von zu den dem im für
  le la les un une des du est pas je tu nous vous mon votre et ou que qui pour avec dans
  el los las una es no que por con para mi su en y del al
  il lo gli di che non per sono è um uma não com os het een van niet ik je
  `);

/** Words of sentences that are words of query and command languages, too: worth half, and alone hardly anything. */
const SHARED = wordSet('a is it and or not in on at for with as if do be by from then all');

/** Words with which a sentence ends and a statement begins. */
const KEYWORDS = wordSet(`
  select union insert update delete from where having group order into values table drop alter set limit exec execute declare waitfor
  like between null echo curl wget bash function var const
  `);

/**
 * Whether a short text holds part of a sentence: words in a row, separated by single blanks, with articles, pronouns or
 * auxiliary verbs among them. Statements of SQL are words in a row as well, but of their own.
 */
export function holdsSentence(text: string): boolean {
  if (text.length < 24 || !text.includes(' ')) return false;
  let run = 0;
  let bonds = 0;
  let shared = 0;
  let index = 0;
  while (index < text.length) {
    const start = index;
    while (index < text.length && isWordCharacter(text, index)) index++;
    if (index === start) {
      // A blank continues a run, and so does a comma or a stop with a blank behind it; any other mark ends it.
      const mark = text.charAt(index);
      if (mark !== ' ' && !(text.charAt(index + 1) === ' ' && ',.:!?'.includes(mark))) run = bonds = shared = 0;
      index++;
      continue;
    }
    const word = index - start > 24 ? '' : text.slice(start, index).toLowerCase();
    if (word === '' || KEYWORDS.has(word)) {
      run = bonds = shared = 0;
      continue;
    }
    run++;
    if (BONDS.has(word)) bonds++;
    else if (SHARED.has(word)) shared++;
    if (run >= 4 && bonds > 0 && bonds * 2 + shared >= 3) return true;
    if (run >= 6 && bonds > 0) return true;
    if (run >= 8 && shared >= 4) return true;
  }
  return false;
}

/** Letters, and an apostrophe between two of them. */
function isWordCharacter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  if (isLetter(code) || code >= 0xc0) return true;
  return code === 39 && isLetter(text.charCodeAt(index - 1)) && isLetter(text.charCodeAt(index + 1));
}
