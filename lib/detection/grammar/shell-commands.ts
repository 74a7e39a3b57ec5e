import { wordSet } from './characters';

/** Programs whose name is no English word: a separator before one of them is already a sentence of the shell. */
export const SHELL_PROGRAMS = wordSet(`
  whoami uname ifconfig ipconfig nslookup wget curl bash zsh ksh csh tcsh dash ash sh perl python python2 python3 ruby php node lua nc ncat
  netcat telnet nmap chmod chown chgrp mkdir rmdir rm mv cp ls ps pwd awk gawk sed grep egrep fgrep zgrep zcat xxd od hexdump uniq wc tac nl rev
  tee xargs crontab systemctl journalctl dmesg mkfifo mknod mkpasswd useradd usermod userdel groupadd passwd sudo su ssh scp sftp rsync
  ftp tftp gcc cc tcpdump netstat lsof ss traceroute tracert arp iptables gunzip gzip bzip2 bunzip2 unzip tar zip busybox socat openssl
  base64 base32 uudecode pkill killall printenv setenv export unset printf expr seq dd df du lsb_release hostnamectl hostname getent
  logname tty stty nohup setsid timeout ping ping6 ping4 sleep usleep true echo cat eval env source vim vi nano ed emacs strace ltrace gdb ld
  apt apt-get yum dpkg rpm apk pip pip3 npm npx gem docker kubectl git svn jq pgrep top htop vmstat uptime finger dig nsupdate iconv strings
  cmd powershell pwsh iex iwr irm wmic reg regsvr32 rundll32 mshta certutil bitsadmin cscript wscript schtasks tasklist taskkill icacls cacls attrib
  net1 netsh systeminfo ver vol chcp findstr xcopy robocopy bcdboot bcdedit diskpart fsutil sc gpresult whois mysqldump mysql psql sqlite3 redis-cli mongo
  ln id stat touch readlink realpath tasksel fgets declare typeset shopt exec getfacl setfacl cpulimit
  `);

/** Programs that are English words too: they need an argument of the shape that a program takes. */
export const SHELL_WORDS = wordSet(`
  find sort more less head tail cut paste join comm type dir copy move del erase ren rename start call set host time date cal at batch who w last
  man make mail mount kill jobs link file test write wall watch split diff patch print install history help alias users groups
  net route path query title tree fc nice screen tr md rd cd which where whereis locate pathchk factor fold look free wait read let local
  return trap umask command bash sh ed as ld go lua java javac ant mvn gradle invoke-expression invoke-webrequest invoke-command get-content get-childitem
  start-process new-object set-content out-file reset shutdown reboot halt poweroff init service
  `);

/** Variables that stand for white space or hold what an attacker wants. */
export const SHELL_VARIABLES = wordSet('ifs path home shell user pwd hostname hosttype ostype bash ld_preload comspec systemroot windir programfiles appdata userprofile username temp tmp');
