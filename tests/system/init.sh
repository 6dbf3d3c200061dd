# The host's part of init.scn: ends the supervisor from the console until init gives it up.
# $CONSOLE is a FIFO to type into, $SERIAL_LOG what the guest has said.

# await TEXT COUNT: until so many lines of the log have the text. At most 30 seconds.
await()
{
    tries=300
    until [ "$(grep -c -- "$1" "$SERIAL_LOG")" -ge "$2" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.1
    done
}

claims=0
claim() # NAME: what the last command answered
{
    [ $? -eq 0 ] && echo "@@test pass $1" || echo "@@test fail $1 the log has it not"
    claims=$((claims + 1))
}

type() { printf '%s\r' "$1" >"$CONSOLE"; }

type services
await '^console .* ready' 1
claim init.first_life

lives=1
while [ $lives -lt 5 ]; do
    type 'kill supervisor'
    lives=$((lives + 1))
    await 'operator console; help' $lives || break
done
[ $lives -eq 5 ]
claim init.new_lives

type 'kill supervisor'
await 'operator console; help' 6 && type log && await 'safe mode, the console alone' 1
claim init.safe_mode

type ps
await '^ *[0-9]* swctl ' 1
claim init.safe_console_works

echo "@@test done $claims"
type 'power off'
