#!/bin/sh
# Plugs a MagTek swipe reader of software (0801:0002) into the guest's own USB bus. What is written to /dev/hidg0, it reports.
# Descriptor: vendor page FF00; input 3 decode states, 3 lengths, encode type, 3 tracks of 110 bytes; feature report of 24 bytes.
set -e
gadget=/sys/kernel/config/usb_gadget/magtek
mkdir -p "$gadget/strings/0x409" "$gadget/configs/c.1" "$gadget/functions/hid.swipe"
echo 0x0801 > "$gadget/idVendor"
echo 0x0002 > "$gadget/idProduct"
echo 'Mag-Tek' > "$gadget/strings/0x409/manufacturer"
echo 'USB Swipe Reader' > "$gadget/strings/0x409/product"
cd "$gadget/functions/hid.swipe"
echo 0 > protocol
echo 0 > subclass
echo 337 > report_length
printf '\006\000\377\011\001\241\001\025\000\046\377\000\165\010' > /tmp/descriptor
printf '\011\040\225\007\201\002\011\060\226\112\001\202\002\001' >> /tmp/descriptor
printf '\011\040\225\030\261\002\300' >> /tmp/descriptor
cat /tmp/descriptor > report_desc
ln -s "$gadget/functions/hid.swipe" "$gadget/configs/c.1/"
echo dummy_udc.0 > "$gadget/UDC"
