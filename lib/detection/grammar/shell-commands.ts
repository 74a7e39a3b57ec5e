import { wordSet } from './characters';

/** Programs whose name is no English word: a separator before one of them is already a sentence of the shell. */
export const SHELL_PROGRAMS = wordSet(`
  whoami uname ifconfig ipconfig nslookup wget curl bash zsh ksh csh tcsh ash sh perl python python2 python3 ruby php node lua nc ncat
  netcat telnet nmap chmod chown chgrp mkdir rmdir rm mv cp ls ps pwd awk gawk sed grep egrep fgrep zgrep zcat xxd od hexdump uniq wc tac nl rev
  tee xargs crontab systemctl journalctl dmesg mkfifo mknod mkpasswd useradd usermod userdel groupadd passwd sudo su ssh scp sftp rsync
  ftp tftp gcc cc tcpdump netstat lsof ss traceroute tracert arp iptables gunzip gzip bzip2 bunzip2 unzip tar zip busybox socat openssl
  base64 base32 uudecode pkill killall printenv setenv export unset printf expr seq dd df du lsb_release hostnamectl hostname getent
  logname tty stty nohup setsid timeout ping ping6 ping4 sleep usleep true echo cat eval env source vim vi nano ed emacs strace ltrace gdb ld
  apt apt-get yum dpkg rpm apk pip pip3 npm npx gem docker kubectl git svn jq pgrep top htop vmstat uptime finger dig nsupdate iconv strings
  cmd powershell pwsh iex iwr irm wmic reg regsvr32 rundll32 mshta certutil bitsadmin cscript wscript schtasks tasklist taskkill icacls cacls attrib
  net1 netsh systeminfo ver vol chcp findstr xcopy robocopy bcdboot bcdedit diskpart fsutil sc gpresult whois mysqldump mysql psql sqlite3 redis-cli mongo
  assoc atmadm auditpol bootcfg certreq chkdsk chkntfs cipher cleanmgr cmdkey cmstp dcdiag diskcomp diskcopy diskraid diskshadow dism djoin
  doskey driverquery dsacls dsadd dsget dsmod dsmove dsquery dsrm esentutl eventcreate fondue forfiles freedisk ftype getmac gpupdate iexpress
  ktmutil lodctr logman logoff macfile makecab mklink mmc mountvol mstsc nbtstat netcfg netdom nltest ntbackup ntdsutil odbcconf openfiles pathping
   pktmon pnputil portqry pubprn pushd qprocess qwinsta quser rasdial regini regedit repadmin rexec runas rwinsta secedit setx showmount subst
  sxstrace takeown tskill tsdiscon typeperf tzutil unlodctr vssadmin wbadmin wecutil wevtutil winrm winrs xwizard mavinject msiexec installutil regasm regsvcs msbuild
  csc jsc ieexec presentationhost hh forfiles infdefaultinstall pcalua
  adduser addgroup agetty apk arping blkid bsdtar bsdcat bzcat bzless bzmore chattr chgpasswd chpasswd chroot chsh chfn cksum cmp cpan cpio
  cpio csplit cupsfilter debugfs dhclient dosbox dpkg-query dstat easy_install eb eqn espeak fdisk fuser gawk gimp
  gpasswd gzexe hexedit hping3 iftop ionice ipcs irb isql jjs journalctl jrunscript kexec killall5 ksshell lastb lastcomm ldconfig ldd lftp lftpget
  localectl logsave lpr lsattr lsblk lscpu lshw lsinitrd lsmod lspci lsusb ltrace lwp-download lynx lz4cat lzcat lzma lzmore mailx mawk mkfs modprobe mount.nfs msfconsole
  mutt nasm newgrp newgidmap nft nsenter ntpdate openvt pdb pdksh pftp php-cgi php5 php7 pidstat pkexec pkg pkginfo pldd pnscan portsentry printf procmail
   pwd pwdx python3.11 rbash rcp realpath rename.ul restic rlogin rlwrap rnano rpmquery run-parts rview rvim sched sshd sshpass ssh-keygen start-stop-daemon su-exec swapoff swapon
  sysctl systemd-run tcsh tclsh telinit tmate tmux tshark ulimit umount unexpand unlzma unrar unshare unxz unzstd update-alternatives varnishncsa vigr vimdiff vipw
  visudo w3m wall whiptail wireshark xelatex xmodmap xmore xpad xterm xz xzcat yarn yelp zdiff zipdetails zless zmore zrun zypper ifup ifdown ip6tables iptraf tracepath mtr
  ln id stat touch readlink realpath tasksel fgets declare typeset shopt exec getfacl setfacl cpulimit
  `);

/** Programs that are English words too: they need an argument of the shape that a program takes. */
export const SHELL_WORDS = wordSet(`
  find sort more less head tail cut paste join comm type dir copy move del erase ren rename start call set host time date cal at batch who w last
  man make mail mount kill jobs link file test write wall watch split diff patch print install history help alias users groups
  net route path query title tree fc nice screen tr md rd cd which where whereis locate pathchk factor fold look free wait read let local
  return trap umask command bash sh ed as ld go lua java javac ant mvn gradle invoke-expression invoke-webrequest invoke-command get-content get-childitem
  start-process new-object set-content out-file reset shutdown reboot choice comp compact clip cls color convert expand extract fc finger format label mode msg pause print prompt recover rem replace shift sort
  assign attr query scheduler shadow verify more timeout tracerpt wuauclt ftp exit goto if for echo reboot halt poweroff init service
  `);

/** Variables that stand for white space or hold what an attacker wants. */
export const SHELL_VARIABLES = wordSet(
  'ifs path home shell user pwd hostname hosttype ostype bash ld_preload comspec systemroot windir programfiles appdata userprofile username temp tmp',
);
