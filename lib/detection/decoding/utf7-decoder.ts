/** Undoes the shifted sequences of UTF-7 (RFC 2152) that stand for ASCII marks: `+ADw-script+AD4-`. */
export function decodeUtf7(text: string): string {
  if (!text.includes('+A')) return text;
  return text.replaceAll(/\+(A[A-Za-z0-9+/]{2,60})-?/g, (whole: string, encoded: string) => {
    const bytes = Buffer.from(encoded, 'base64');
    let decoded = '';
    for (let index = 0; index + 1 < bytes.length; index += 2) {
      const code = bytes.readUInt16BE(index);
      if (code >= 127 || (code < 32 && code !== 9 && code !== 10 && code !== 13)) return whole;
      decoded += String.fromCharCode(code);
    }
    return decoded === '' ? whole : decoded;
  });
}
