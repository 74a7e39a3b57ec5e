/** One construct of a language that runs code. */
export interface CodeRule {
  readonly reason: string;
  readonly pattern: RegExp;
  readonly score: number;
  /** Score inside running text, where code is quoted. */
  readonly quoted: number;
}

/** What runs code in each language, from the languages' manuals. Every repeat is bounded, no two overlap. */
export const CODE_RULES: readonly CodeRule[] = [
  {
    reason: 'PHP function',
    pattern:
      /\b(?:phpinfo|php_uname|phpversion|passthru|shell_exec|proc_open|pcntl_exec|call_user_func(?:_array)?|create_function|base64_decode|file_get_contents|file_put_contents|highlight_file|show_source|readfile|move_uploaded_file|ini_set|gzinflate|str_rot13|assert_options|preg_replace_callback|(?:posix|pcntl|proc|curl|mysqli?|pg|sqlite|oci|odbc|ldap|ftp|ssh2|socket|stream|apache|openssl|mb|preg|array|session|spl|ob|ini|imap|iconv|gz|zip|xml|simplexml|dom|libxml|stream|func|register|spl_autoload|set|get|is|file|dir|image|exif|date|json|error|debug|hash|sys|disk|link|escapeshell|http|str|convert|parse|highlight|php|override|runkit|uopz|opcache|wddx|yaml|bson|msgpack|igbinary)_(?:getegid|geteuid|getuid|getgid|getpwnam|getpwuid|getlogin|getcwd|kill|uname|mkfifo|exec|fork|open|close|nice|terminate|get_status|init|setopt|connect|query|fetch_array|real_query|put|get|login|create|bind|listen|accept|socket_client|socket_server|context_create|get_contents|wrapper_register|setenv|getenv|child_terminate|request_headers|x509_parse|send_mail|replace_callback|match_all|walk|walk_recursive|filter|reduce|udiff|diff_ukey|start|destroy|object_hash|get_clean|end_clean|get_flush|restore|get_all|set|mail|loadfile|load_string|load_file|function|shutdown_function|tick_function|error_handler|exception_handler|defined_functions|defined_constants|defined_vars|included_files|loaded_extensions|current_user|cfg_var|include_path|magic_quotes_gpc|callable|executable|writable|uploaded_file|exists|perms|free_space|total_space|error_log|backtrace|print_backtrace|zval_dump|algos|hmac|getloadavg|get_temp_dir|shellcmd|shellarg|build_query|contents|str|source|file|strip_whitespace|ini_loaded_file|sapi_name|parse_file|unserialize|deserialize)|fsockopen|pfsockopen|popen|fopen|fputs|fwrite|fpassthru|opendir|readdir|scandir|readlink|symlink|tempnam|tmpfile|ignore_user_abort|phpcredits|zend_version|getmyuid|getlastmod|getservbyname|gethostbyname|dns_get_record|putenv|get_defined_vars|unserialize|var_dump|print_r|array_map|array_filter|usort|func_get_args|curl_exec|parse_ini_file|dl)\s{0,4}\(/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'function name as a value',
    pattern: /^(?:[\w\\/]{0,60}(?:invokefunction|call_user_func(?:_array)?|shell_exec|passthru|proc_open))$/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'call of an evaluator',
    pattern:
      /(?:^|[^\w.$-])(?:eval|assert|exec|system|popen|execfile|compile)(?:\s{0,4}\(\s{0,4}["'$`(]|\(\s{0,4}\w{1,40}[.([])/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'PHP variable function',
    pattern:
      /\$\{\s{0,4}@|\$[a-z_]\w{0,30}(?:\[(?:['"][^\]]{1,30}|\d{1,4})\]|\{['"][^}]{1,30}\})\s{0,4}\(|\$\{\$\w|\$\s{1,40}\{\$|\(string\)\s{0,4}["{[]|\[\w{2,20}\]\[\d\]\}?\s{0,4}\)?\s{0,4}\(|(?:^|[^\w])["']\w{3,20}["']\s{0,4}\(\s{0,4}\\?["']/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'PHP assignment',
    pattern: /(?:^|[;'"{])\s{0,4}\$\w{1,30}\s{0,4}=\s{0,4}["'$\w][^\n]{0,200};/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'PHP call joined to a string',
    pattern: /["']\s{0,4}\.\s{0,4}[a-z_]\w{2,40}\s{0,4}\([^\n]{0,200}\)\s{0,4}\.\s{0,4}["']/,
    score: 6,
    quoted: 0,
  },
  {
    reason: 'Node module',
    pattern:
      /require\s{0,4}\(\s{0,4}["'`](?:node:)?(?:child_process|fs|net|vm|os|http|cluster|worker_threads)|process\s{0,2}\.\s{0,2}(?:mainmodule|binding|dlopen)|process\.env\.\w{2,40}\s{0,2}[;)}]|global(?:this)?\.process|\.mainmodule\.require|["'`]child_process["'`\\]|child_process\s{0,2}\.\s{0,2}(?:exec|spawn|fork)|import\s{0,4}\(\s{0,4}["'](?:node:)?(?:child_process|fs)|process\.exit\(/,
    score: 6,
    quoted: 2,
  },
  {
    reason: 'Node constructor',
    pattern:
      /constructor\s{0,2}(?:\.\s{0,2}constructor|\(\s{0,4}["'`](?:return|alert|process|this))|(?:new\s{1,4})?function\s{0,4}\(\s{0,4}["'`](?:return|alert|process|this)|vm\.runin|\(\s{0,4}function\s{0,4}\(\s{0,4}\)\s{0,4}\{[^}]{0,200}\}\s{0,4}(?:\)\s{0,4}\(\s{0,4}\)|\(\s{0,4}\)\s{0,4}\))/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'Python module',
    pattern:
      /__import__\s{0,4}\(|\bos\.(?:system|popen|exec[lv]\w{0,3}|spawn\w{0,4})\s{0,4}\(|\bsubprocess\.(?:popen|call|run|check_output|check_call|getoutput)\s{0,2}[(['"]|\b(?:exec|eval)\s{0,4}\(\s{0,4}compile\s{0,4}\(|__builtins__|__globals__|__subclasses__|importlib\.import_module|pty\.spawn|builtins\.(?:eval|exec)/,
    score: 6,
    quoted: 3,
  },
  {
    reason: 'Python statement',
    pattern:
      /^\s{0,4}import\s{1,4}[a-z_][\w.]{0,30}(?:\s?,\s?[a-z_][\w.]{0,30}){0,8}\s?;\s{0,4}[a-z_][\w.]{0,60}\s?[(=]/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'Ruby process',
    pattern:
      /\b(?:io|process|open3|kernel|pty)\.(?:popen\w{0,3}|spawn|exec|system|capture\w{0,3}|open|fork)\s{0,4}[\s("'`]|%x[({[<]\s{0,4}\w|\bdir\.entries\s{0,4}\(|file\.(?:read|open|write)\s{0,4}\(?\s{0,4}["'`/]|\bload\.open|\.(?:public_send|__send__|send)\s{0,4}\(\s{0,4}:\w|\bobject\.const_get\s{0,4}\(|\bopen\s{0,4}\(\s{0,4}["']\||`\w{2,20}[^`]{0,60}`\s?%>/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'object of Windows Script Host',
    pattern: /\bcreateobject\s?\(\s?["']\w|\bactivexobject\s?\(|\bwscript\.shell\b/,
    score: 5,
    quoted: 1,
  },
  { reason: 'Groovy process', pattern: /["'\])]\.execute\s{0,4}\(\s{0,4}\)/, score: 5, quoted: 1 },
  {
    reason: 'Perl process',
    pattern: /^\s{0,4}(?:exec|system)\s{1,4}["'][^"'\n]{1,80}["']\s{0,4}[,;]/,
    score: 5,
    quoted: 0,
  },
  { reason: 'Perl interpolation', pattern: /@\{\s{0,4}\[\s{0,4}\w|@\{\[/, score: 6, quoted: 3 },
  {
    reason: 'Java process',
    pattern:
      /runtime(?:\s{0,2}[.)\]"'(]|\.getruntime)[^\n]{0,40}(?:exec|getruntime)|getruntime\s{0,2}\(|processbuilder|java\.lang\.(?:class|runtime|process|system|thread|reflect|invoke)\b|java\.(?:io|net|util|nio)\.(?:file(?!\w{0,20}exception)|url\b|scanner|\w{0,30}stream|buffered\w{1,20}|inputstreamreader|arrays\b|arraylist\s?[(<])|javax\.(?:script|naming|management)|scriptenginemanager|urlclassloader|methodhandles|class\.forname|\.getclass\(\)|getdeclaredmethod|bcel\$\$|org\.springframework\.\w{3,20}\.|com\.opensymphony|freemarker\.template|org\.codehaus|groovy(?:shell|classloader)/,
    score: 5,
    quoted: 1,
  },
  {
    reason: 'Java binding path',
    pattern: /class\.(?:module\.)?(?:classloader|protectiondomain)|class\[["']?(?:module|classloader)/,
    score: 7,
    quoted: 3,
  },
  {
    reason: 'serialisation property',
    pattern: /(?:^|\.)prototypeserializationfactory|enableunsafeserialization|jdk\.serialfilter/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'OGNL expression',
    pattern:
      /#_?memberaccess|@ognl\.|ognlcontext|#context\[|#parameters\.|\(#\w{1,20}\s{0,2}=|@java\.\w|[%$]\{\s{0,4}#\w{1,20}\s{0,4}=|\bt\(java\.|actioncontext|(?:^|[^.\w])#\w{1,20}\.\w{1,30}\(/,
    score: 6,
    quoted: 2,
  },
  {
    reason: 'Lua process',
    pattern:
      /\bos\.execute\s{0,4}\(|\bio\.popen\s{0,4}\(|require\s{0,4}\(?\s{0,4}["']os["']|load(?:string|file)?\s{0,2}\(\s{0,4}["']/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'text built to be run',
    pattern:
      /\bchr\s?\(\s?\d{1,3}\s?\)\s?[.+&]\s?chr\s?\(|\burl(?:de|en)code\s?\(\s?["']|\(\s?["'][a-z_]{1,12}["']\s?[.+]\s?["'][a-z_]{1,12}["']\s?\)\s?\(|\bqx\s?[{(/[|]\s?\w/,
    score: 5,
    quoted: 1,
  },
  {
    reason: 'reader of serialized objects',
    pattern: /\b(?:c?pickle|marshal|dill|jsonpickle|yaml|shelve)\.(?:loads?|unsafe_load|full_load|decode|open)\s?\(/,
    score: 5,
    quoted: 1,
  },
  {
    reason: 'member of the runtime as a value',
    pattern:
      /^\s{0,4}(?:os\.(?:environ|getcwd|listdir|uname|name|getpid)|process\.env\.\w{0,40}(?:secret|token|passw|_key|private|credential)\w{0,40}|sys\.(?:exit|modules|path|argv|version)|(?:buffer\.from|fs\.\w{3,20}|util\.inspect|vm\.\w{3,20}|os\.\w{3,20})\s?\([^\n]{0,200}\)|system\.(?:getenv|getproperty|getproperties|exit)\s?\([^\n]{0,80}\)|environment\.\w{3,40}\s?\([^\n]{0,80}\)|(?:eval|system|instance_eval)\s{1,2}["'][^"'\n]{1,120}["']|["'][^"'\n]{0,20}["']\.(?:class|__class__|getclass|constructor|methods|send|instance_eval)\b[^\n]{0,80})\s{0,4};?\s{0,4}$/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'member that leads to the runtime',
    pattern:
      /=>\s?(?:process|global|globalthis|require|this)\s?[)}\].]|\barguments\.callee\b|\bthread\.currentthread\s?\(|\bobjectspace\.\w|\bsend\s?\(\s?:\w|^\s{0,4}\(?\s?lambda(?:\s[^\n]{0,80})?:|^\s{0,4}(?:sys\.exit|socket\.socket)\s?\(|^\s{0,4}require\s{1,2}["'](?:open3|socket|net\/http|fileutils|pty|shell|erb|drb|open-uri)["']\s{0,4}$/,
    score: 5,
    quoted: 1,
  },
  {
    reason: 'attribute by its name',
    pattern:
      /\bgetattr\s?\(\s?\w{1,40}\s?,|^\s{0,4}(?:time|thread|threading|timeunit\.seconds)\.sleep\s?\(\s?\d{1,9}\s?\)\s?;?\s?$/,
    score: 5,
    quoted: 1,
  },
  {
    reason: 'process of Erlang, Rust, Go or Scala',
    pattern:
      /(?:^|[^\w]):?os(?:\.|:)cmd\s?\(|\bstd::process::|\bprocess::command\b|\bsyscall\.exec\s?\(|(?:^|[^\w.])exec\.command\s?\(|\bsys\.process\.|\bsystem\.cmd\s?\(\s?["']/,
    score: 5,
    quoted: 1,
  },
  { reason: 'script engine prefix', pattern: /^script::|runtime\.getruntime/, score: 6, quoted: 2 },
  {
    // ESI Language Specification 1.0, section 2; functions as the content networks document them.
    reason: 'edge-side variable',
    pattern:
      /\$\((?:http_[a-z_]{2,40}|query_string|remote_addr|request_method|request_path|geo|traffic_info)(?:\{|\)|\|)|\$(?:add_header|set_response_code|set_redirect|http_request|url_encode|url_decode|html_encode|html_decode|base64_decode|base64_encode|digest_md5|exists|bin_int|str_to_int|lindex)\s?\(/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'client-side include',
    pattern: /<(?:hx:include|h-include|hinclude)\b[^>]{0,80}\bsrc\s?=/,
    score: 5,
    quoted: 4,
  },
  {
    reason: '.NET process',
    pattern:
      /system\.(?:io\.file|diagnostics\.process|net\.webclient|activator)|process\.start\s{0,4}\(|system\.reflection|assembly\.load\s{0,4}\(|activator\.createinstance|new-object\s{1,4}(?:system|net|io)\./,
    score: 6,
    quoted: 2,
  },
  {
    reason: 'inclusion',
    pattern:
      /\b(?:include(?:_once)?|require_once)\s{0,4}\(\s{0,4}["'$]|\brequire\s{0,4}\(\s{0,4}(?:["'](?!@?[a-z][\w-]{0,60}(?:\/[\w-]{1,60}){0,4}["'])|\$)/,
    score: 5,
    quoted: 1,
  },
  {
    reason: 'construction from a text',
    pattern:
      /(?:^\s{0,4}throw\s{1,4}new\s{1,4}|\bnew\s{1,4}(?!(?:\w{0,30}error|\w{0,30}exception|date|url|regexp|map|set)\s?\())[a-z]\w{2,40}\s?\(\s{0,4}["'`]/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'call without arguments',
    pattern:
      /^\s{0,4}(?:globals|locals|getcwd|phpinfo|exit|quit|vars|breakpoint|system|uname|whoami)\s?\(\s{0,4}\)\s{0,4};?\s{0,4}$/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'object of the runtime',
    pattern:
      /^\s{0,4}(?:process\.(?:env|exit|kill|cwd|argv|version)\s{0,4}(?:$|[;[(])|globalthis\s{0,2}(?:$|[.[(;])|console\.\w{2,10}\s?\(|response\.(?:write|end|redirect)\s?\(|res\.(?:end|send|write)\s?\()/,
    score: 4,
    quoted: 0,
  },
  {
    reason: 'library of Java gadgets',
    pattern:
      /\b(?:org\.apache\.(?:commons|xalan|velocity|catalina|tomcat|myfaces|wicket|struts\d?)|com\.sun\.(?:org|rowset|jndi|jmx|corba)|bsh|javassist|clojure\.(?:lang|core|inspector)|groovy\.(?:lang|util)|jdk\.(?:jshell|nashorn)|sun\.(?:misc|reflect|print|rmi|security)|weblogic|org\.(?:mozilla\.javascript|hibernate|jboss|python\.core|aspectj|quartz|springframework)|com\.(?:mchange|zaxxer|caucho|ibatis|alibaba\.fastjson|opensymphony))\.[a-z][\w.]{0,80}\b/,
    score: 4,
    quoted: 0,
  },
  {
    reason: 'ColdFusion tag',
    pattern:
      /<cf(?:execute|invoke|file|include|object|query|script|dump|output|http|registry|set|directory|content|mail|param|module|ldap|ftp|schedule|wddx)\b/,
    score: 5,
    quoted: 2,
  },
  {
    reason: 'script loop',
    pattern:
      /(?:^|[;{}]\s{0,4})(?:while|for)\s{0,4}\(\s{0,4}(?:true|1|;;)\s{0,4}\)|(?:^|[;'"])\s{0,4}(?:sleep|usleep)\s{0,4}\(\s{0,4}\d{1,8}\s{0,4}\)\s{0,4};/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'loop as a value',
    pattern: /^\s{0,4}(?:while|for|do|var)\s{0,4}[({\w][^\n]{0,200}[;}]\s{0,4}$/,
    score: 4,
    quoted: 0,
  },
  { reason: 'endless loop', pattern: /\b(?:while|for)\s{0,4}\([^)]{0,60}\)\s{0,4};\s{0,4}$/, score: 5, quoted: 0 },
  {
    reason: 'call of a library function',
    pattern:
      /^\s{0,4};?\s{0,4}(?:[a-z]{2,16}_){1,4}[a-z]{2,16}\s{0,4}\(\s{0,4}(?:\)|["'$\d][^\n]{0,200}\))\s{0,4};?\s{0,4}$/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'printed runtime',
    pattern: /^\s{0,4}print\s?\(\s?(?:globals|locals|vars|dir|open|os\.|sys\.|__)[\w.]{0,40}/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'echo statement',
    pattern:
      /(?:^|[;}'"])\s{0,4}(?:echo|print|die|var_dump|printf)\b\s{0,4}(?:["'$(`]|md5|\d{1,12}\s{0,4}[-+*/.])[^\n]{0,200};/,
    score: 5,
    quoted: 0,
  },
  {
    reason: 'printed expression',
    pattern:
      /(?:^|[;{}@&|]\s{0,4})(?:print|printf|echo|die|exit)\s{0,4}\(\s{0,4}(?:["']?\d{1,12}["']?\s{0,4}[-+*/.%]\s{0,4}["']?\d{1,12}|md5\s{0,4}\(|["'][^"']{1,80}["'])\s{0,4}\)?/,
    score: 5,
    quoted: 0,
  },
];
