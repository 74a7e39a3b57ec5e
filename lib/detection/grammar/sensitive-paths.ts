/** Files that hold secrets or settings of the host, as suffixes of a normalised lower-case path. */
const FILES = `
  etc/passwd etc/shadow etc/group etc/hosts etc/hostname etc/issue etc/motd etc/fstab etc/crontab etc/sudoers etc/profile etc/resolv.conf
  etc/master.passwd etc/security/passwd etc/mysql/my.cnf etc/my.cnf etc/php.ini etc/nginx/nginx.conf etc/apache2/apache2.conf
  etc/httpd/conf/httpd.conf etc/ssh/sshd_config etc/environment etc/os-release etc/networks etc/mtab etc/inetd.conf etc/login.defs
  proc/self/environ proc/self/cmdline proc/self/maps proc/self/status proc/self/cgroup proc/self/fd proc/self/mounts proc/version proc/cpuinfo proc/net/tcp
  dev/mem dev/kmem dev/random dev/urandom proc/net/arp proc/net/route proc/mounts proc/sched_debug boot.ini win.ini system.ini windows/system.ini autoexec.bat config.sys pagefile.sys
  .ssh/id_rsa .ssh/id_dsa .ssh/id_ecdsa .ssh/id_ed25519 .ssh/authorized_keys .ssh/known_hosts .ssh/config id_rsa .bash_history .mysql_history .psql_history
  .zsh_history .sh_history .bashrc .profile .bash_profile .netrc .pgpass .my.cnf .aws/credentials .aws/config .docker/config.json .kube/config .npmrc .git-credentials
  .git/config .git/head .git/index .svn/entries .svn/wc.db .hg/hgrc .htaccess .htpasswd .passwd .env .env.local .env.production
  web-inf/web.xml meta-inf/manifest.mf web.config wp-config.php configuration.php localsettings.php settings.php config.inc.php .ds_store database.yml php.ini
  httpd.conf httpd-ssl.conf access.log error.log access_log error_log auth.log secure.log syslog ntuser.dat unattend.xml sysprep.inf sysprep.xml iis6.log
  global.asa global.asax machine.config applicationhost.config tomcat-users.xml server.xml context.xml catalina.out elasticsearch.yml my.ini password.properties
  /etc/docker/daemon.json run/secrets/kubernetes.io/serviceaccount/token localconfig.xml docker.sock
  `
  .split(/\s+/)
  .filter((file) => file !== '');

const FILE_SUFFIXES: ReadonlySet<string> = new Set(FILES);

/** Directories of Unix and Windows that no client names in a request. */
const DIRECTORY =
  /^\/?(?:etc|proc|sys|root|boot|var\/(?:log|adm|run|lib|spool|mail|www|backups?|cache)|usr\/(?:local|share|lib|pkg|s?bin|etc|src|home)|opt\/(?:lampp|xampp|apache|tomcat|nginx|httpd)|home\/[\w.-]+|private\/etc|private\/var|library\/webserver|web\/conf|apache2?|logs|xampp|dev\/(?:tcp|udp|null|random|urandom|shm|fd|mem|kmem|sd[a-z]|hda))\/./;

const WINDOWS =
  /^(?:[a-z]:\/|\/)?(?:windows|winnt|winnt32|program files(?: \(x86\))?|programfiles|documents and settings|inetpub|boot|system32|system volume information|xampp|wamp|apache(?:2|group| group)?|php\d?|mysql|nginx|logs?|log|minint|recycler)\/./;

/** Extensions of settings, keys and logs. */
const SETTING =
  /\.(?:conf|cnf|cfg|ini|log|pem|key|crt|pfx|p12|jks|keystore|keytab|bak|old|swp|inf|sam|dit|evt|evtx|pwd|xferlog|htaccess|passwd|history)$/;

/** How telling a path is: 0 nothing, 3 a system place, 5 a secret. The path is normalised, lower case, `/` only. */
export function sensitivityOf(path: string): number {
  const plain = path
    .replace(/^[a-z]:\//, '')
    .replace(/[?#;].*$/, '')
    .replace(/\/+$/, '');
  const segments = plain.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  for (let take = Math.min(4, segments.length); take > 0; take--) {
    const suffix = segments.slice(-take).join('/');
    if (FILE_SUFFIXES.has(suffix))
      return take > 1 || path.startsWith('/') || /^[a-z]:/.test(path) ? 5 : segments[0] === 'meta-inf' ? 4 : 3;
  }
  if (segments.includes('web-inf')) return 5;
  if (/^\/(?:tmp|var\/tmp|var\/lib\/php\d?(?:\/sessions?)?)\/sess_\w|^\/(?:var\/)?run\/secrets\/\w/.test(plain))
    return 5;
  if (/(?:^|\/)(?:\.git|\.svn|\.hg|\.ssh|\.aws|\.kube|\.gnupg)\//.test(plain)) return 5;
  if (
    /(?:winnt|windows|i386)\/(?:system32|repair|system|win\.ini|php\.ini|syswow64|panther|debug|debug|sysprep|my\.ini|csup|regedit)/.test(
      plain,
    )
  )
    return 5;
  if (
    /system32\/(?:config|drivers|cmd|inetsrv|logfiles|eula|license|sysprep)/.test(plain) ||
    plain.endsWith('/cmd.exe')
  )
    return 5;
  const windows = /^[a-z]:\//.test(path) && WINDOWS.test(path);
  if (windows && /^(?:[a-z]:\/)?program ?files/.test(path)) return SETTING.test(plain) ? 5 : 3;
  if (windows)
    return SETTING.test(plain) || /(?:windows|winnt|boot|system32|log)\//.test(path) || /_?log$/.test(plain) ? 5 : 4;
  if (path.startsWith('/') && DIRECTORY.test(path)) {
    if (/^\/(?:etc|proc|root|boot|sys)\//.test(path) || /^\/var\/(?:log|adm|spool|mail|run)\//.test(path)) return 5;
    return SETTING.test(plain) || /_log$|logs?\/|\/(?:conf|cgi-bin)\//.test(plain) ? 5 : 3;
  }
  if (
    path.startsWith('/') &&
    SETTING.test(plain) &&
    /\/(?:conf|config|logs?|etc|apache2?|httpd|nginx|mysql|php)\//.test(path)
  )
    return 4;
  if (/^(?:etc|proc|winnt|windows)\//.test(path) && segments.length >= 2)
    return /^etc\/(?:passwd|shadow|hosts|group)/.test(path) ? 5 : 3;
  return 0;
}
