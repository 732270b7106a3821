# Ends a tool that prints a path: runs $program and takes the root off what it says. The x keeps line breaks at the end.

found=$(
  "$program" "$@"
  code=$?
  printf x
  exit $code
)
code=$?
found=${found%x}
printf %s "${found#"$__sandbox_root"}"
exit $code
