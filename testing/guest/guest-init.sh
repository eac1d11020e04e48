#!/bin/busybox sh
# First program of a guest: loads modules, shows the host's files read-only, runs /mnt/run.sh in them, switches off.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module; do
  [ -e "/modules/$module.ko" ] && $b insmod "/modules/$module.ko" || echo "guest: no module $module"
done < /modules/order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose host /host || echo "guest: no host"
$b mount -t proc proc /host/proc
$b mount -t sysfs sys /host/sys
$b mount -t configfs configfs /host/sys/kernel/config
$b mount -o bind /dev /host/dev
$b mkdir -p /host/dev/shm
$b mount -t tmpfs shm /host/dev/shm
$b mount -t 9p -o trans=virtio,version=9p2000.L,rw,msize=512000 work /host/mnt
# The project may lie in what is hidden next.
project=$($b cat /host/mnt/project)
$b mkdir /project
$b mount -o bind "/host$project" /project
$b mount -t tmpfs tmp /host/tmp
$b mount -t tmpfs run /host/run
case $project in
  /tmp/* | /run/*) $b mkdir -p "/host$project" && $b mount -o bind /project "/host$project" ;;
esac
$b ip link set lo up 2> /dev/null
$b chroot /host /bin/sh /mnt/run.sh
echo "guest: ended with $?"
$b poweroff -f
