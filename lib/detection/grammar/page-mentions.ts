/** Players and maps that editors of rich text embed, as their owners hand out the markup. */
export const EMBEDDED =
  /^(?:https:)?\/\/(?:(?:www\.)?youtube(?:-nocookie)?\.com\/embed\/|player\.vimeo\.com\/video\/|www\.google\.com\/maps\/embed\?|open\.spotify\.com\/embed\/|w\.soundcloud\.com\/player\/)[\w%&=?/.:!;-]{1,400}$/i;

/** `escape <script> in titles`: words behind the tag, and nothing that a script is made of. */
export function isFollowedByWords(text: string, end: number): boolean {
  return /^\s[^(){}[\]=<>;`'"\\/]{3,}$/.test(text.slice(end, end + 400));
}

/** `alert() vs confirm()`, `Sleep(8) mattress`: a call of nothing or of a number, and words instead of a statement. */
export function isMentioned(text: string, index: number): boolean {
  return (
    text.length < 400 &&
    !/[<>={}\\]/.test(text) &&
    ((/[a-z] $/i.test(text.slice(Math.max(0, index - 2), index)) &&
      /^[a-z]{1,24}\(\)[.,!?]?\s?$/i.test(text.slice(index, index + 60))) ||
      /^[a-z]{1,24}\(\)\s[a-z]{2,20}[\s"';.,]/i.test(`${text.slice(index, index + 60)} `) ||
      (!/['"`;]/.test(text) && /^[a-z]{1,24}\(\d{0,3}\)\s[a-z]{2,20}(?:\s|$)/i.test(text.slice(index, index + 60))))
  );
}
