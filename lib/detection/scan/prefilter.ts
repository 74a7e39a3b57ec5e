import { CharacterClass, CLASS_OF } from './character-classes';
import { KeywordAutomaton, WHOLE_WORD } from './keyword-automaton';

/** What the words in a text hint at. */
export const Hint = {
  sql: 1 << 0,
  logic: 1 << 1,
  markup: 1 << 2,
  script: 1 << 3,
  command: 1 << 4,
  traversal: 1 << 5,
  file: 1 << 6,
  url: 1 << 7,
  prototype: 1 << 8,
  serialized: 1 << 9,
  code: 1 << 10,
  xml: 1 << 11,
  protocol: 1 << 12,
  xpath: 1 << 13,
  /** A digit-and-dots host, `localhost`, a scheme without slashes: read by the URL detector. */
  host: 1 << 14,
  /** Words that ordinary text hardly ever holds: what decides whether the middle of a very long text is read in depth. */
  rare: 1 << 15,
} as const;

const WORDS: Record<keyof typeof Hint, string> = {
  sql: `select union insert update delete drop create alter declare exec having waitfor sleep benchmark order information_
    outfile dumpfile infile xp_ sp_ dbms_ utl_ pg_ sysobjects extractvalue updatexml load_file like between shutdown procedure
    truncate group randomblob regexp rlike sysdate sqlite_ rdb dual case call merge grant limit overlay tables schema handler prepare print version datadir hostname user( char( vacuum
    attach rename replace 0or0 0and0 0xor0`,
  logic: ` or  and  xor  or( and( /or/ /and/ not _or_`,
  markup: `script iframe onload onerror onmouse onclick onfocus javascript vbscript srcdoc style expression behavior xmlns`,
  script: `alert prompt confirm eval settimeout setinterval document window fromcharcode constructor location cookie
    function innerhtml fetch atob import execscript valueof parent top frames self. script onload onerror onmouse onfocus onclick
    this. return var while`,
  command: `whoami uname ifconfig ipconfig nslookup wget curl bash /bin/ /sbin/ netstat perl python ruby powershell cmd. /etc/ chmod
    chown netcat telnet iex iwr invoke mshta pwd systemroot certutil bitsadmin rundll regsvr wscript cscript gunzip busybox
    socat node php phpinfo system schtasks tasklist killall`,
  traversal: `../ /.. ./. /./ ... ..; ..% 0x2e0x 0x5c0x 0x2f0x`,
  file: `/etc/ etc/ passwd shadow /proc/ proc/ /sys/ /run/ /var/ /root/ /boot/ /dev/ /usr/ /opt/ /home/ win.ini boot.ini system windows/ winnt/
    web.inf web_inf inf/ meta .conf .ini .log .cnf .ssh .env .git .svn .htaccess .htpasswd .bash id_rsa php: file: data: expect: zip: phar: glob:
    zlib: ogg: rar: compress. .php .txt .jsp .asp .cgi .inc c:/ /logs/ /log/ config. wp .aws .docker .kube .npmrc .passwd .properties .key .pem
    .bak .sql database. settings. .ds_ /tmp/ local.xml .yarn .pypi .netrc .pgpass .s0cfg .boto .azure .config/ .gnupg .hg/ .bzr .cvs .idea .vscode .zsh .mysql .psql .vim .my. .ftp .terra /server0 .php0 .old .orig .save .swp .swo actuator/ id_dsa id_ecdsa id_ed`,
  url: `:// file: dict: gopher: ldap: tftp: jar: netdoc: http: https: ftp: sftp: unix: ldaps: data: url: classpath: res://`,
  prototype: `__proto__ constructor prototype __define __lookup`,
  serialized: `ro0ab aced0005 aaeaaad o:0 a:0 c:0 python/ ruby/ javax _$$nd_func objectinputstream @type $type 0type cos gasv java. _php stdclass system. com.sun !!js !!com !!org !!perl php/object objectdataprovider windowsidentity binaryformatter e:0 baho bahb bahc bahu bahv bahd bahl bahj baht bah0 o:+0 c:+0 gajj ganj garj /wey py/ javax. sun. jdk. <java <sun <jdk com.mchange com.zaxxer ch.qos org.apache org.springframework org.hibernate org.jboss org.h0 oracle. builtin :: 0dp0 0lp0 yaml.org cposix csubprocess copy_reg h0si`,
  code: `php java. runtime processbuilder ognl classloader getclass class. forname require process subprocess import os. popen system
    exec spawn eval assert phpinfo base_decode passthru globals _get _post _request _cookie _server _memberaccess struts proc_ call_user preg_ shell_
    posix_ print invoke kernel. io. file_ curl_ unserialize create_function lua require mainmodule child_process global. new  script:
    pipedoutput prototypeserial freemarker velocity spring cmd echo include func lambda compile getattr builtins die( getcwd load lambda bsh. javassist clojure. groovy. jdk. sun. weblogic while( for( %x{ xalan struts. springframework breakpoint const_get db. redis. arguments. objectspace wscript activex createobject `,
  xml: `doctype entity xinclude xi:include xsl: schemalocation xmlns system stylesheet msxsl cdata xml`,
  protocol: ` http/ 0http/`,
  xpath: `count( /child child:: :: parent:: ancestor:: descendant self:: string contains node( text( comment( position substring name( starts-with( ends-with( doc( unparsed-text( boolean( space( following preceding last( number( translate( sum( not(`,
  rare: `<script javascript: vbscript: union waitfor xp_ information_ sleep( benchmark( /etc/ ../../ ..\\..\\ /bin/ __proto__ <!doctype <!entity jndi
    <?php onerror= onload= ro0ab processbuilder whoami wget extractvalue updatexml load_file child_process os.system subprocess. <svg <iframe #exec $where passwd fromcharcode document.cookie alert( eval( system( exec( c:/ python/ getruntime ognl php:// file:// gopher: dict: 0x2e
    get-process get-content get-childitem get-service invoke-expression invoke-webrequest invoke-restmethod start-process new-object iex(
    proxycommand 00output0 00exec0 00eval0 00rsh0 00config0 00plugin0 00rcfile0 00require0 use-compress to-command 00log-file0 upload-pack receive-pack checkpoint-action to-command ext:: output-document post-file`,
  host: `//0 000.0.0.0: 000.0.0.0/ 000.000.000.000/ 000.000.000.000: localhost localtest metadata .internal xip. nip. sslip. .local burpcollaborator interact oast dnslog ceye requestbin requestcatcher webhook.site canarytokens pingb.in dnsbin bxss.me xss.ht xss.report su00.org eyes.sh callback.red tu0.org rbndr 0u.ms 0x`,
};

/** Programs whose names are parts of ordinary words, too. */
const SHORT_COMMANDS = `nc ping sleep cat ls id dir type echo expr cmd touch sh ps wc ifs find net tftp scp set at start tar zip head tail true
    false env export awk sed reg more less sort base xxd od nl tac rev dig host kill rm mv cp ln su sudo zsh ksh csh dash
    fish hostname setx lsof lsblk lscpu pstree netsh ncat regedit regini printenv setenv systeminfo pkill`;

function compile(): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  for (const [hint, list] of Object.entries(WORDS)) {
    for (const raw of hint === 'logic' ? [' or ', ' and ', ' xor ', ' or', ' and', 'or ', 'and '] : list.split(/\s+/)) {
      if (raw === '') continue;
      const word = raw.replaceAll(/[^a-z/.:_ +]/g, '0');
      words.set(word, (words.get(word) ?? 0) | Hint[hint as keyof typeof Hint]);
    }
  }
  return words;
}

const automaton = new KeywordAutomaton(compile(), SHORT_COMMANDS.split(/\s+/));
const { next, hintsOf, symbolOf } = automaton;

/** What one pass over a text reveals. */
export class TextProfile {
  /** Bits of {@link CharacterClass}. */
  classes = 0;
  /** Bits of {@link Hint}. */
  hints = 0;

  has(classes: number): boolean {
    return (this.classes & classes) !== 0;
  }

  hasAll(classes: number): boolean {
    return (this.classes & classes) === classes;
  }

  hintsAt(hints: number): boolean {
    return (this.hints & hints) !== 0;
  }
}

/** Reads `text` once, from `start` to `end`, into `profile`. Costs about two nanoseconds a character. */
export function scan(text: string, profile: TextProfile, start = 0, end = text.length): void {
  let classes = 0;
  let hints = 0;
  let state = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code < 128) {
      classes |= CLASS_OF[code] as number;
      state = next[(state << 5) | (symbolOf[code] as number)] as number;
      const found = hintsOf[state] as number;
      if (found < WHOLE_WORD) hints |= found;
      else hints |= automaton.isWholeWord(text, index, state) ? found | Hint.command : found;
    } else {
      classes |= CharacterClass.nonAscii;
      state = 0;
    }
  }
  profile.classes = classes;
  profile.hints = hints & ~WHOLE_WORD;
}
