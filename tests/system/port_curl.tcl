# A server of plain HTTP for port_curl.sh: tclsh port_curl.tcl FOLDER prints its port and serves until it is ended.
# GET /NAME is a file of the folder, /moved leads to /hello and /round to itself; PUT /NAME is kept as FOLDER/put-NAME.

set folder [lindex $argv 0]

proc answer {channel status fields body} {
    puts -nonewline $channel "HTTP/1.1 $status\r\n$fields"
    puts -nonewline $channel "Content-Length: [string length $body]\r\nConnection: close\r\n\r\n$body"
    close $channel
}

proc file_bytes {path} {
    set file [open $path rb]
    set bytes [read $file]
    close $file
    return $bytes
}

proc keep {channel name length} {
    global folder
    set file [open $folder/put-$name wb]
    fcopy $channel $file -size $length
    close $file
    answer $channel "201 Created" "" "kept [file size $folder/put-$name] bytes\n"
}

# The head of a request, then what it asks for. Names have no slash and no dot at their start.
proc serve {channel} {
    global folder
    fconfigure $channel -translation binary -buffering full
    set request [split [string trimright [gets $channel] "\r"] " "]
    set length 0
    while {[set field [string trimright [gets $channel] "\r"]] ne ""} {
        if {[regexp -nocase {^content-length: *([0-9]+)$} $field all length]} continue
        if {[regexp -nocase {^expect: *100-continue$} $field]} {
            puts -nonewline $channel "HTTP/1.1 100 Continue\r\n\r\n"
            flush $channel
        }
    }
    set name [string range [lindex $request 1] 1 end]
    set named [regexp {^[a-z0-9_-]+(\.[a-z]+)?$} $name]
    switch -glob [lindex $request 0]:$name {
        GET:moved { answer $channel "302 Found" "Location: /hello\r\n" "" }
        GET:round { answer $channel "301 Moved Permanently" "Location: /round\r\n" "" }
        PUT:* {
            if {$named} { keep $channel $name $length } else { answer $channel "400 Bad Request" "" "" }
        }
        default {
            if {$named && [file exists $folder/$name]} {
                answer $channel "200 OK" "" [file_bytes $folder/$name]
            } else {
                answer $channel "404 Not Found" "" "nothing here\n"
            }
        }
    }
}

proc accepted {channel address port} {
    # A client that goes away in between is its own affair.
    if {[catch { serve $channel }]} { catch { close $channel } }
}

set server [socket -server accepted -myaddr 127.0.0.1 0]
puts [lindex [fconfigure $server -sockname] 2]
flush stdout
vwait forever
