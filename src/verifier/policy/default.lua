-- SPDX-License-Identifier: Apache-2.0
--
-- The default policy of opentps: a device is trustworthy when its maker finished it, nobody can debug it, and it runs what
-- its maker endorsed. To have your own, copy this text, give it another name, and change what you like: docs/policy.md.
--
-- Before any policy is asked, the verifier has found out: who signed, whether the evidence is fresh, of which class the
-- device is, and whether each piece of its software is among the maker's reference values (known good), of a version that
-- the maker still allows, and not revoked (known bad). What it found is in `result`.

policy { name = "default", version = "1", full = true }

-- What you ask for beyond the maker's endorsements. The default asks for nothing of these.
local required = {
    certified = false,         -- true: the maker's endorsements must name a certification of the class
    minimum_versions = {},     -- such as { boot = "1.4.0", application = "2.0" }
}

-- What the device keeps for itself (its running code, its storage) is as good as the root of trust is closed.
local function closed(value)
    set("runtime-opaque", value)
    set("storage-opaque", value)
end

-- A PSA device tells its lifecycle, and that says whether it can be debugged.
local function judge_psa_lifecycle()
    local is_debugged = evidence.lifecycle_state == 0x40
    local value = is_debugged and 32 or 96

    if evidence.lifecycle_state == 0x30 then
        closed(2)
        return
    end
    closed(value)
    finding {
        claim = "configuration",
        value = value,
        name = "configuration.lifecycle",
        cause = 'the device\'s security lifecycle is "' .. evidence.lifecycle .. '", not "secured"',
        evidence = "security lifecycle " .. hex(evidence.lifecycle_code),
        known = "0x3000 to 0x30ff",
        next_step = is_debugged and "end debugging and restart the device"
            or "finish its provisioning, or withdraw the device",
    }
end

-- dbgstat (RFC 9711, 4.2.9): 0 enabled, 1 disabled, 2 disabled since boot, 3 permanently, 4 fully and permanently.
local function judge_debug()
    local value = evidence.dbgstat == 1 and 32 or 96

    if evidence.dbgstat ~= nil and evidence.dbgstat >= 2 then
        closed(2)
        set("configuration", 2)
        return
    end
    closed(value)
    finding {
        claim = "configuration",
        value = value,
        name = "configuration.debug",
        cause = 'debugging is "' .. evidence.debug .. '"',
        known = '"disabled since boot" or stricter',
        next_step = "switch debugging off and restart the device",
    }
end

-- false: something started that the maker did not sign. A device may leave it out.
local function judge_boot()
    if evidence.oemboot == false then
        warn {
            claim = "configuration",
            name = "configuration.oemboot",
            cause = "not every image that the device names is there and signed by its maker",
            next_step = "install the maker's own firmware",
        }
    end
end

local function judge_lifecycle()
    if evidence.lifecycle == nil or evidence.lifecycle == "secured" then
        return
    end
    closed(96)
    refuse {
        claim = "configuration",
        name = "configuration.lifecycle",
        cause = 'the device\'s lifecycle is "' .. evidence.lifecycle .. '", not "secured"',
        known = '"secured"',
        next_step = evidence.lifecycle == "debug" and "end debugging and restart the device"
            or "finish its provisioning, or withdraw the device",
    }
end

-- A device never starts what is older than what it ran before: who sees that has seen an older copy of it, or an attack.
local function judge_history()
    if history.known and history.security_counter and evidence.security_counter
        and evidence.security_counter < history.security_counter then
        warn {
            claim = "executables",
            name = "executables.older-than-before",
            cause = "the device runs older software than it did before",
            evidence = "security counter " .. evidence.security_counter,
            known = "security counter " .. history.security_counter,
            next_step = "install the newest release",
        }
    end
end

local function judge_requirements()
    if required.certified and not endorsed.certification then
        refuse {
            claim = "hardware",
            name = "hardware.not-certified",
            cause = "no endorsement names a certification of this class of devices",
            next_step = "load the maker's endorsement of its certification, or use a certified device",
        }
    end
    for name, minimum in pairs(required.minimum_versions) do
        local component = evidence.components[name]
        if component == nil or not at_least(component.version, minimum) then
            warn {
                claim = "executables",
                name = "executables.too-old",
                cause = 'component "' .. name .. '" is older than this service asks for',
                evidence = "version " .. tostring(component and component.version),
                known = minimum .. " or later",
                next_step = "update the device",
            }
        end
    end
end

if evidence.scheme == "PSA_IOT" then
    judge_psa_lifecycle()
elseif evidence.scheme == "OPENTPS" then
    judge_debug()
    judge_boot()
    judge_lifecycle()
end
judge_history()
judge_requirements()
