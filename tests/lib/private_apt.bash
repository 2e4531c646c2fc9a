# SPDX-License-Identifier: GPL-2.0-or-later
# A private apt configuration, for downloading packages of another Debian release without installing them. Sourced. The
# system's apt configuration is read only for the mirror's address: lists, cache and configuration are in one folder.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
	echo "$*" >&2
	exit 1
}

# mirror main|security: the address from the system's own sources.
mirror() {
	local release
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ "$1" = main ] || release+=-security
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v release="$release" '$1 == release && $2 == "main" && !done { print $3; done = 1 }'
}

# apt_configure FOLDER URI SUITE
apt_configure() {
	mkdir -p "$1"/{state/lists/partial,cache/archives/partial}
	echo "deb [signed-by=$KEYRING] $2 $3 main" >"$1/sources.list"
	cat >"$1/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear Acquire::IndexTargets;
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		Dir::State "$1/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$1/cache";
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
		Acquire::IndexTargets::deb::Packages {
			MetaKey "\$(COMPONENT)/binary-\$(ARCHITECTURE)/Packages";
			flatMetaKey "Packages";
			ShortDescription "Packages";
			Description "\$(RELEASE)/\$(COMPONENT) \$(ARCHITECTURE) Packages";
			Optional "0";
		};
	END
}

# apt_update FOLDER SUITE
apt_update() {
	apt-get -c "$1/apt.conf" update -qq >"$1/log" 2>&1 ||
		fail "the mirror has no $2: $(grep -m1 '^[EW]:' "$1/log" | sed -E 's#[a-z]+://[^ ]*##g')"
}

# apt_unpack FOLDER PACKAGE...: into FOLDER/tree.
apt_unpack() {
	local folder=$1 package
	shift
	for package; do
		(cd "$folder" && apt-get -c "$folder/apt.conf" download -qq "$package") ||
			fail "cannot download $package"
	done
	for package in "$folder"/*.deb; do
		dpkg-deb -x "$package" "$folder/tree"
	done
}
