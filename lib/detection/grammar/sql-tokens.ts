import { isDigit, isIdentifier, isSpace, wordSet } from './characters';

/**
 * Kinds of SQL tokens, one character each, so that a token stream is a short string (the idea that libinjection
 * published; the classes and the rules on them are this project's own).
 */
export type SqlKind =
  | '1' // number
  | 's' // string
  | 'n' // name
  | '@' // variable
  | 'u' // union, intersect, except
  | 'e' // select
  | 'v' // any other verb that starts a statement
  | '&' // and, or, xor, &&, ||
  | '!' // not
  | '=' // comparison
  | '+' // arithmetic
  | 'b' // order by, group by, having, limit …
  | 'f' // from, where, into, values, set, table …
  | 't' // all, distinct
  | 'l' // null, true, false, default
  | 'k' // any other reserved word
  | '('
  | ')'
  | ','
  | ';'
  | '.'
  | 'c' // comment that ends the statement
  | 'o'; // anything else

export interface SqlToken {
  readonly kind: SqlKind;
  /** Lower-cased text of names and words, the mark itself otherwise; empty for strings. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const KINDS: ReadonlyMap<string, SqlKind> = new Map<string, SqlKind>(
  (
    [
      ['u', 'union intersect except minus'],
      ['e', 'select'],
      [
        'v',
        'insert update delete drop create alter declare exec execute truncate merge grant revoke shutdown waitfor call load replace handler copy backup restore use begin',
      ],
      ['&', 'and or xor div'],
      ['!', 'not'],
      ['=', 'like between in is rlike regexp ilike glob similar exists sounds'],
      ['b', 'having limit offset order group procedure fetch'],
      ['f', 'from where into values set table database outfile dumpfile infile on'],
      ['t', 'all distinct distinctrow top'],
      ['l', 'null true false unknown'],
      [
        'k',
        'case when then else end as by asc desc delay time for if cast convert using collate escape binary interval with rollup join inner left right outer cross natural schema column view index trigger function user',
      ],
    ] as [SqlKind, string][]
  ).flatMap(([kind, words]) => words.split(' ').map((word): [string, SqlKind] => [word, kind])),
);

const OPERATORS = '=<>!';
const ARITHMETIC = '+-*/%^~';

/** What the reader of a text saw besides its tokens. */
export interface SqlReading {
  readonly tokens: readonly SqlToken[];
  /** Comments inside the statement, where white space would do: a way to split keywords. */
  readonly inlineComments: number;
}

/** Reads `text` from `start` as SQL, at most `limit` tokens, never backtracking. */
export function readSql(text: string, lower: string, start: number, limit = 600): SqlReading {
  const tokens: SqlToken[] = [];
  let inlineComments = 0;
  let index = start;
  const push = (kind: SqlKind, end: number, word = ''): void => {
    tokens.push({ kind, word, start: index, end });
    index = end;
  };
  while (index < text.length && tokens.length < limit) {
    const code = text.charCodeAt(index);
    const following = text.charCodeAt(index + 1);
    if (isSpace(code) || code === 92 || code === 0) {
      index++;
    } else if (code === 47 && following === 42) {
      const versioned = text.charCodeAt(index + 2) === 33;
      inlineComments++;
      if (versioned) {
        index += 3;
        while (isDigit(text.charCodeAt(index))) index++;
      } else {
        const close = text.indexOf('*/', index + 2);
        if (close < 0) push('c', text.length, '/*');
        else index = close + 2;
      }
    } else if (code === 42 && following === 47) {
      index += 2;
    } else if (code === 35 || (code === 45 && following === 45)) {
      const newline = text.indexOf('\n', index);
      const word = code === 35 ? '#' : '--';
      push('c', newline < 0 ? text.length : newline, word);
    } else if (code === 39 || code === 34 || code === 96) {
      push(code === 96 ? 'n' : 's', stringEnd(text, index, code));
    } else if (isDigit(code) || (code === 46 && isDigit(following))) {
      push('1', numberEnd(text, index));
    } else if (code === 64 && following === 62) {
      // `@>`: PostgreSQL's containment.
      push('=', index + 2, '@>');
    } else if (code === 64) {
      let end = index + 1;
      while (end < text.length && (text.charCodeAt(end) === 64 || isIdentifier(text.charCodeAt(end)))) end++;
      if (text.charCodeAt(end) === 96) end = stringEnd(text, end, 96);
      push('@', end, lower.slice(index, end));
    } else if (isIdentifier(code)) {
      let end = index + 1;
      while (end < text.length && isIdentifier(text.charCodeAt(end))) end++;
      const word = end - index > 64 ? '' : lower.slice(index, end);
      push(KINDS.get(word) ?? 'n', end, word);
    } else if (code === 38 || code === 124) {
      const doubled = following === code;
      push(doubled ? '&' : '+', index + (doubled ? 2 : 1), doubled ? text.slice(index, index + 2) : '|');
    } else if (OPERATORS.includes(text.charAt(index))) {
      let end = index + 1;
      while (end < text.length && OPERATORS.includes(text.charAt(end))) end++;
      push(end - index === 1 && code === 33 ? '!' : '=', end, text.slice(index, end));
    } else if (ARITHMETIC.includes(text.charAt(index))) {
      push('+', index + 1, text.charAt(index));
    } else if (code === 40 || code === 41 || code === 44 || code === 59 || code === 46) {
      push(text.charAt(index) as SqlKind, index + 1, text.charAt(index));
    } else {
      push('o', index + 1, text.charAt(index));
    }
  }
  return { tokens, inlineComments };
}

/** The end of a quoted string; a doubled quote continues it, and an unclosed one ends with the text. */
function stringEnd(text: string, start: number, quote: number): number {
  let index = start + 1;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === 92) index += 2;
    else if (code !== quote) index++;
    else if (text.charCodeAt(index + 1) === quote) index += 2;
    else return index + 1;
  }
  return text.length;
}

function numberEnd(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (!isIdentifier(code) && code !== 46) break;
    // `1union`: MySQL ends a number at the first letter that cannot belong to it.
    if (isLetterBeyondNumber(text, start, index)) break;
    index++;
  }
  return index;
}

function isLetterBeyondNumber(text: string, start: number, index: number): boolean {
  const code = text.charCodeAt(index) | 32;
  if (isDigit(text.charCodeAt(index)) || text.charCodeAt(index) === 46) return false;
  const hexadecimal = text.charCodeAt(start) === 48 && (text.charCodeAt(start + 1) | 32) === 120;
  if (hexadecimal) return !((code >= 97 && code <= 102) || (index === start + 1 && code === 120));
  if (code === 120) return !(index === start + 1 && text.charCodeAt(start) === 48);
  if (code === 101) return !(isDigit(text.charCodeAt(index + 1)) || text.charCodeAt(index + 1) === 45);
  return true;
}

/** Functions that an injected expression calls; each is unremarkable alone. */
export const SQL_FUNCTIONS = wordSet(`
  abs ascii ord bin hex unhex char chr nchar concat concat_ws group_concat string_agg listagg substring substr mid left right length len
  datalength char_length lower upper ucase lcase replace repeat replicate reverse space strcmp instr locate position elt field make_set
  md5 sha1 sha2 sha crc32 password encrypt aes_encrypt compress version database schema user current_user session_user system_user
  current_database db_name host_name user_name suser_sname is_srvrolemember is_member has_dbaccess object_id count sum avg min max
  floor ceil round rand random pow power sqrt exp log cot sin cos tan pi mod bit_count cast convert coalesce isnull ifnull nullif if iif
  case decode nvl greatest least row_count found_rows last_insert_id connection_id now sysdate getdate current_date current_timestamp
  date_add extract to_char to_number to_date xmltype json_extract json_keys jsonb_path_query regexp_substr regexp_substring regexp_like
  sqlite_version likely unlikely glob load_extension row exists any some all quote soundex uuid inet_aton conv format interval
  overlay placing table_name column_name pg_typeof array_agg array_to_string query_to_xml database_to_xml xmlagg xmlelement generate_series quote_literal
  `);

/** Functions and procedures that only an attack calls from a request: delays, errors that carry data, files, commands. */
export const SQL_WEAPONS = wordSet(`
  pg_sleep pg_sleep_for benchmark extractvalue updatexml load_file randomblob zeroblob xp_cmdshell xp_dirtree xp_fileexist xp_regread
  xp_subdirs xp_servicecontrol sp_executesql sp_oacreate sp_oamethod sp_makewebtask sp_addlogin sp_password sp_configure openrowset opendatasource openquery
  fn_varbintohexstr pg_read_file pg_read_binary_file pg_ls_dir lo_import lo_export dblink dblink_connect current_setting gtid_subset
  gtid_subtract name_const multipoint geometrycollection polygon linestring multilinestring multipolygon st_latfromgeohash
  st_longfromgeohash st_pointfromgeohash ctxsys utl_http utl_inaddr utl_file utl_smtp dbms_pipe dbms_lock dbms_output dbms_xmlquery
  dbms_xmlgen dbms_ldap dbms_scheduler dbms_java dbms_utility httpuritype xmlforest writefile readfile sys_eval sys_exec
  `);

/** Catalogues of the great databases. */
export const SQL_CATALOGUES = wordSet(`
  information_schema sysobjects syscolumns sysusers sysdatabases syscat sysibm sysmaster syscolauth pg_catalog pg_user pg_shadow
  pg_class pg_database pg_tables pg_stat_activity sqlite_master sqlite_schema sqlite_temp_master all_tables all_tab_columns user_tables
  user_tab_columns all_users dba_users msysobjects msysaccessobjects sysdummy1 systables v$version v$database v$session rdb$fields rdb$database
  rdb$relations rdb$types rdb$collations rdb$functions mon$database dual performance_schema tabauth mysql
  `);
