package complete

// Script returns the completion script for a shell, or "". It calls the program
// itself with the line in COMP_LINE and the cursor in COMP_POINT, as bash's
// complete -C does.
func Script(shell string) string {
	switch shell {
	case "bash":
		return `# source <(parlor completion bash)
complete -o default -C 'parlor complete' parlor
`
	case "zsh":
		return `#compdef parlor
# source <(parlor completion zsh)
_parlor() {
  local line="${(j: :)words[1,CURRENT]}"
  local -a found
  found=(${(f)"$(COMP_LINE="$line" COMP_POINT=${#line} parlor complete)"})
  if (( ${#found} )); then
    compadd -Q -U -S '' -a found
  else
    _files
  fi
}
if [[ "${funcstack[1]}" == _parlor ]]; then # from fpath, at the first completion
  _parlor "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _parlor parlor
fi
`
	case "fish":
		return `# parlor completion fish | source
function __parlor_complete
  set -l line (commandline -cp)
  env COMP_LINE="$line" COMP_POINT=(string length -- "$line") parlor complete
end
complete -c parlor -f -a '(__parlor_complete)'
`
	}
	return ""
}
