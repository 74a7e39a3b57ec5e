import { decodeBase64, decodeEmbeddedBase64 } from '../../lib/detection/decoding/base64-decoder';
import { decodedForms } from '../../lib/detection/decoding/decoded-forms';
import { decodeEntities } from '../../lib/detection/decoding/entity-decoder';
import { decodeEscapes } from '../../lib/detection/decoding/escape-decoder';
import { decodePercent } from '../../lib/detection/decoding/percent-decoder';
import { foldUnicode } from '../../lib/detection/decoding/unicode-folder';
import { decodeUtf7 } from '../../lib/detection/decoding/utf7-decoder';
import { DetectionEngine } from '../../lib/detection/detection-engine';
import { scan, TextProfile } from '../../lib/detection/scan/prefilter';

describe('Decoders', () => {
  it.each([
    ['a%20b', 'a b'],
    ['%3Cb%3e', '<b>'],
    ['%u003cb', '<b'],
    ['%c0%ae%c0%af', './'],
    ['%e0%80%ae', '.'],
    ['%c0%2e', '.'],
    ['%e4%bd%a0', '你'],
    ['100%', '100%'],
    ['%zz%2', '%zz%2'],
    ['%', '%'],
    ['%ff', 'ÿ'],
  ])('percent: %j is %j', (text, expected) => expect(decodePercent(text)).toBe(expected));

  it.each([
    ['&lt;b&gt;', '<b>'],
    ['&#60;&#x3c;&#x3C;', '<<<'],
    ['&#0000060', '<'],
    ['&lt', '<'],
    ['&colon;&Tab;&NewLine;', ':\t\n'],
    ['&unknown;', '&unknown;'],
    ['&#x110000;', '&#x110000;'],
    ['a&lt=b', 'a&lt=b'],
    ['a & b', 'a & b'],
  ])('entities: %j is %j', (text, expected) => expect(decodeEntities(text)).toBe(expected));

  it.each([
    ['\\x3cb', '<b'],
    ['\\u003cb', '<b'],
    ['\\u{3c}b', '<b'],
    ['\\74b', '<b'],
    ['\\1', '\\1'],
    ['C:\\new', 'C:\\new'],
    ['\\u12', '\\u12'],
  ])('escapes: %j is %j', (text, expected) => expect(decodeEscapes(text)).toBe(expected));

  it.each([
    ['\uff1cscript\uff1e', '<script>'],
    ['se\u200blect', 'select'],
    ['\u2019 or', "' or"],
    ['a\0b', 'ab'],
    ['\u24d4', 'e'],
    ['é', 'é'],
  ])('Unicode: %j is %j', (text, expected) => expect(foldUnicode(text)).toBe(expected));

  it.each([
    ['+ADw-b+AD4-', '<b>'],
    ['+A', '+A'],
    ['C++', 'C++'],
    ['+ABCD', '+ABCD'],
  ])('UTF-7: %j is %j', (text, expected) => expect(decodeUtf7(text)).toBe(expected));

  it('reads base64 only where text comes out', () => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    expect(decodeBase64(encode('<script>x</script>'))).toBe('<script>x</script>');
    expect(decodeBase64(encode('<script>x</script>').replaceAll('=', ''))).toBe('<script>x</script>');
    expect(decodeBase64('deadbeefdeadbeef')).toBeUndefined();
    expect(decodeBase64('JavaScriptEngine')).toBeUndefined();
    expect(decodeBase64('AAAA')).toBeUndefined();
    expect(decodeEmbeddedBase64(`{'id': '${encode("1' or '1'='1")}'}`)).toContain('or');
  });
});

describe('Decoded forms', () => {
  const forms = (text: string) => {
    const profile = new TextProfile();
    scan(text, profile);
    return decodedForms(text, profile);
  };

  it('has one form of plain text', () => {
    expect(forms('plain text')).toEqual([{ text: 'plain text', layers: [] }]);
  });

  it('peels layer after layer, and says which', () => {
    const twice = encodeURIComponent(encodeURIComponent('<b>'));
    expect(forms(twice).at(-1)).toEqual({ text: '<b>', layers: ['percent', 'percent'] });
    expect(forms('%26lt%3bb').at(-1)).toEqual({ text: '<b', layers: ['percent', 'html'] });
  });

  it('ends after a few rounds whatever it is given', () => {
    let text = '<b>';
    for (let round = 0; round < 30; round++) text = encodeURIComponent(text);
    expect(forms(text).length).toBeLessThan(8);
  });

  it('tells the layer of a threat', () => {
    const { threats } = new DetectionEngine().inspect({
      method: 'GET',
      path: `/?q=${encodeURIComponent(encodeURIComponent("1' or '1'='1"))}`,
      headers: {},
    });
    expect(threats[0]).toMatchObject({ category: 'sql_injection', path: 'query.q', decoded: ['percent'] });
  });
});
